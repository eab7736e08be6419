public import TactusModel

/// `io.tactus.Workflows.Apply`: creates or edits a workflow; never starts a job.
public struct ApplyWorkflow: Request {
  /// The full name of the method.
  public static let method = "io.tactus.Workflows.Apply"
  /// The names of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// Changes need the admin right.
  public static let right = Right.admin

  /// The workflow's name.
  public var name: String
  /// The text of a unit file.
  public var definition: String
  /// Whether to return the same reply, but change nothing.
  public var dryRun: Bool?

  /// Creates a request.
  public init(name: String, definition: String, dryRun: Bool = false) {
    self.name = name
    self.definition = definition
    self.dryRun = dryRun ? true : nil
  }

  /// The changes, or the changes that would be made.
  public struct Reply: Codable, Hashable, Sendable {
    /// Created, changed or unchanged.
    public var effect: Word<ApplyEffect>
    /// The generation in force.
    public var generation: Int
    /// The removed and added lines: `-[Section] Key=old`, `+[Section] Key=new`.
    public var differences: [String]
    /// The next nominal instants, at most five; empty without a schedule.
    public var nextRuns: [Instant]
    /// Settings that will probably fail at run time; nil without warnings, or from an older daemon.
    public var warnings: [WireProblem]?
    /// True if the workflow is terminated, so that nothing is planned until it is resumed; nil if it is not.
    public var terminated: Bool?

    /// Creates a reply.
    public init(
      effect: ApplyEffect, generation: Int, differences: [String], nextRuns: [Instant], warnings: [WireProblem] = [],
      terminated: Bool = false
    ) {
      self.effect = Word(effect)
      self.generation = generation
      self.differences = differences
      self.nextRuns = nextRuns
      self.warnings = warnings.isEmpty ? nil : warnings
      self.terminated = terminated ? true : nil
    }

    enum CodingKeys: String, CodingKey {
      case effect, generation, differences, warnings, terminated
      case nextRuns = "next_runs"
    }
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case name, definition
    case dryRun = "dry_run"
  }
}

/// The effect of `apply`.
public enum ApplyEffect: String, CaseIterable, Codable, Sendable {
  /// The workflow is new.
  case created
  /// The definition changed, and has a new generation.
  case changed
  /// The definition is equal.
  case unchanged
}

/// `io.tactus.Workflows.Get`: a workflow with its definition.
public struct GetWorkflow: Request {
  /// The full name of the method.
  public static let method = "io.tactus.Workflows.Get"
  /// The names of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// Open to all users, but the definition needs the right `read`.
  public static let right = Right.look

  /// The workflow's name.
  public var name: String
  /// Whether to return the definition; nil returns it to callers with the right `read`.
  public var definition: Bool?

  /// Creates a request.
  public init(name: String, definition: Bool? = nil) {
    self.name = name
    self.definition = definition
  }

  /// The workflow.
  public struct Reply: Codable, Hashable, Sendable {
    /// The workflow.
    public var workflow: WireWorkflow

    /// Creates a reply.
    public init(workflow: WireWorkflow) { self.workflow = workflow }
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case name, definition
  }
}

/// `io.tactus.Workflows.List`: a page of workflows in the order of their names.
public struct ListWorkflows: Request {
  /// The full name of the method.
  public static let method = "io.tactus.Workflows.List"
  /// The names of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// Open to all users.
  public static let right = Right.look

  /// Only workflows in this state.
  public var state: Workflow.State?
  /// The cursor from an earlier reply; nil for the first page.
  public var cursor: String?
  /// The largest number of rows, 1 … 1000; 50 if absent.
  public var limit: Int?

  /// Requests a page.
  public init(state: Workflow.State? = nil, cursor: String? = nil, limit: Int? = nil) {
    self.state = state
    self.cursor = cursor
    self.limit = limit
  }

  /// A page.
  public struct Reply: Codable, Hashable, Sendable {
    /// The workflows, without their definitions.
    public var workflows: [WireWorkflow]
    /// The cursor of the next page; nil on the last page.
    public var nextCursor: String?

    /// Creates a page.
    public init(workflows: [WireWorkflow], nextCursor: String?) {
      self.workflows = workflows
      self.nextCursor = nextCursor
    }

    enum CodingKeys: String, CodingKey {
      case workflows
      case nextCursor = "next_cursor"
    }
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case state, cursor, limit
  }
}
