public import TactusModel

/// `io.tactus.Daemon.Examine`: whether the machine gives the daemon what it needs, and what to do where it does not.
public struct Examine: Request {
  /// The full name.
  public static let method = "io.tactus.Daemon.Examine"
  /// None.
  public static let parameters: [String] = []
  /// It names paths, groups and addresses.
  public static let right = Right.read

  /// The only one.
  public init() {}

  /// Everything that was looked at.
  public struct Reply: Codable, Hashable, Sendable {
    /// In a fixed order.
    public var diagnoses: [Diagnosis]

    /// Puts an answer together.
    public init(diagnoses: [Diagnosis]) { self.diagnoses = diagnoses }
  }
}

/// One thing that was looked at.
public struct Diagnosis: Codable, Hashable, Sendable {
  /// What was looked at, a word.
  public var check: String
  /// How it is.
  public var state: Word<DiagnosisState>
  /// What was seen, a sentence.
  public var message: String
  /// What mends it; nil where nothing has to be.
  public var cure: String?

  /// Puts a diagnosis together.
  public init(_ check: String, _ state: DiagnosisState, _ message: String, cure: String? = nil) {
    self.check = check
    self.state = Word(state)
    self.message = message
    self.cure = cure
  }
}

/// How something is that was looked at.
public enum DiagnosisState: String, Codable, CaseIterable, Sendable {
  /// As it should be.
  case ok
  /// It works, with less than there could be.
  case warning
  /// A promise does not hold until this is mended.
  case problem
}
