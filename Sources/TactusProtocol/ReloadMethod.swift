public import TactusModel

/// `io.tactus.Daemon.Reload`: reads all files of the configuration directory again.
public struct Reload: Request {
  /// The full name.
  public static let method = "io.tactus.Daemon.Reload"
  /// None.
  public static let parameters: [String] = []
  /// A change.
  public static let right = Right.admin

  /// The only one.
  public init() {}

  /// What the files said.
  public struct Reply: Codable, Hashable, Sendable {
    /// How many files were read and are in force.
    public var loaded: Int
    /// How many of them are workflows; nil from a daemon that does not tell.
    public var workflows: Int?
    /// Workflows that are new, or back.
    public var created: [String]
    /// Workflows with a new generation.
    public var changed: [String]
    /// Workflows terminated because their file is gone.
    public var removed: [String]
    /// Files that were refused; what was in force before stays.
    public var problems: [WireProblem]
    /// What is in force and will not go as it is written.
    public var warnings: [WireProblem]
    /// Who has commands of `Runner=auto` from now on, if that is another than before: `direct` or `systemd`.
    public var autoRunner: String?
    /// Those of ``changed`` that are terminated still; nil if none is.
    public var terminated: [String]?

    private enum CodingKeys: String, CodingKey {
      case loaded, workflows, created, changed, removed, problems, warnings, terminated
      case autoRunner = "auto_runner"
    }

    /// Puts an answer together.
    public init(
      loaded: Int, workflows: Int? = nil, created: [WorkflowName], changed: [WorkflowName], removed: [WorkflowName],
      problems: [WireProblem], warnings: [WireProblem] = [], autoRunner: RunnerName? = nil,
      terminated: [WorkflowName] = []
    ) {
      self.loaded = loaded
      self.workflows = workflows
      self.created = created.map(\.text)
      self.changed = changed.map(\.text)
      self.removed = removed.map(\.text)
      self.problems = problems
      self.warnings = warnings
      self.autoRunner = autoRunner?.rawValue
      self.terminated = terminated.isEmpty ? nil : terminated.map(\.text)
    }
  }
}

/// A refusal of a file.
public struct WireProblem: Codable, Hashable, Sendable {
  /// The file's name.
  public var file: String
  /// From 1; 0 when the file as a whole is meant.
  public var line: Int
  /// What is wrong and what would be right.
  public var message: String

  /// Puts a problem together.
  public init(file: String, line: Int, message: String) {
    self.file = file
    self.line = line
    self.message = message
  }

  /// The problem of a unit file.
  public init(_ problem: UnitFileProblem) {
    self.init(file: problem.file, line: problem.line, message: problem.message)
  }
}
