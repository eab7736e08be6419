public import TactusModel

/// `io.tactus.Daemon.Reload`: reloads all files of the configuration directory.
public struct Reload: Request {
  /// The full name of the method.
  public static let method = "io.tactus.Daemon.Reload"
  /// No parameters.
  public static let parameters: [String] = []
  /// Changes need the admin right.
  public static let right = Right.admin

  /// Creates a request.
  public init() {}

  /// The result of the reload.
  public struct Reply: Codable, Hashable, Sendable {
    /// The number of files in force.
    public var loaded: Int
    /// The number of workflow files among them; nil from an older daemon.
    public var workflows: Int?
    /// Workflows that are new, or whose file is back.
    public var created: [String]
    /// Workflows with a new generation.
    public var changed: [String]
    /// Workflows that were terminated because their file was removed.
    public var removed: [String]
    /// Refused files; their previous content stays in force.
    public var problems: [WireProblem]
    /// Settings in force that will probably fail at run time.
    public var warnings: [WireProblem]
    /// The new runner of commands with `Runner=auto`, `direct` or `systemd`; nil if it did not change.
    public var autoRunner: String?
    /// The workflows of ``changed`` that are still terminated; nil without such workflows.
    public var terminated: [String]?
    /// Queues whose limits changed; nil without such queues.
    public var queues: [String]?

    private enum CodingKeys: String, CodingKey {
      case loaded, workflows, created, changed, removed, problems, warnings, terminated, queues
      case autoRunner = "auto_runner"
    }

    /// Creates a reply.
    public init(
      loaded: Int, workflows: Int? = nil, created: [WorkflowName], changed: [WorkflowName], removed: [WorkflowName],
      problems: [WireProblem], warnings: [WireProblem] = [], autoRunner: RunnerName? = nil,
      terminated: [WorkflowName] = [], queues: [QueueName] = []
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
      self.queues = queues.isEmpty ? nil : queues.map(\.text)
    }
  }
}

/// A problem of a file.
public struct WireProblem: Codable, Hashable, Sendable {
  /// The name of the file.
  public var file: String
  /// The line, from 1; 0 for the file as a whole.
  public var line: Int
  /// The problem and the way out.
  public var message: String

  /// Creates a problem.
  public init(file: String, line: Int, message: String) {
    self.file = file
    self.line = line
    self.message = message
  }

  /// Converts a problem of a unit file.
  public init(_ problem: UnitFileProblem) {
    self.init(file: problem.file, line: problem.line, message: problem.message)
  }
}
