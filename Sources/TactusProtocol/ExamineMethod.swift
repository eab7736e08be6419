public import TactusModel

/// `io.tactus.Daemon.Examine`: checks the environment of the daemon, and suggests fixes.
public struct Examine: Request {
  /// The full name of the method.
  public static let method = "io.tactus.Daemon.Examine"
  /// No parameters.
  public static let parameters: [String] = []
  /// The reply contains paths, groups and addresses.
  public static let right = Right.read

  /// Creates a request.
  public init() {}

  /// The results of all checks.
  public struct Reply: Codable, Hashable, Sendable {
    /// The results, in a fixed order.
    public var diagnoses: [Diagnosis]

    /// Creates a reply.
    public init(diagnoses: [Diagnosis]) { self.diagnoses = diagnoses }
  }
}

/// The result of a check.
public struct Diagnosis: Codable, Hashable, Sendable {
  /// The name of the check, one word.
  public var check: String
  /// The result.
  public var state: Word<DiagnosisState>
  /// The finding, a sentence.
  public var message: String
  /// The fix, or a hint; nil if there is nothing to do.
  public var cure: String?

  /// Creates a result.
  public init(_ check: String, _ state: DiagnosisState, _ message: String, cure: String? = nil) {
    self.check = check
    self.state = Word(state)
    self.message = message
    self.cure = cure
  }
}

/// The state that a check found.
public enum DiagnosisState: String, Codable, CaseIterable, Sendable {
  /// No problem.
  case ok
  /// Tactus works with restrictions.
  case warning
  /// A promise of Tactus does not hold until this is fixed.
  case problem
}
