public import TactusModel

/// `io.tactus.Workflows.Apply`: creates or edits a workflow; never starts a job.
public struct ApplyWorkflow: Request {
  /// The full name.
  public static let method = "io.tactus.Workflows.Apply"
  /// Those of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// A change.
  public static let right = Right.admin

  /// The workflow's name.
  public var name: String
  /// The text of a unit file.
  public var definition: String
  /// Whether to answer the same and change nothing.
  public var dryRun: Bool?

  /// Asks for it.
  public init(name: String, definition: String, dryRun: Bool = false) {
    self.name = name
    self.definition = definition
    self.dryRun = dryRun ? true : nil
  }

  /// What was done, or would be.
  public struct Reply: Codable, Hashable, Sendable {
    /// Created, changed or left alone.
    public var effect: Word<ApplyEffect>
    /// The generation in force.
    public var generation: Int
    /// lines that went and came: `-[Section] Key=old`, `+[Section] Key=new`.
    public var differences: [String]
    /// The next nominal instants, at most ten; empty without a schedule.
    public var nextRuns: [Instant]
    /// What is in force, or would be, and will not go as it is written; nil for nothing, or from a daemon that does not tell.
    public var warnings: [WireProblem]?
    /// Whether the workflow is terminated, so that it plans nothing until it is resumed; nil if it is not.
    public var terminated: Bool?

    /// Puts an answer together.
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

/// What `apply` did.
public enum ApplyEffect: String, CaseIterable, Codable, Sendable {
  /// The name is new.
  case created
  /// The definition differs: a new generation.
  case changed
  /// The definition says the same.
  case unchanged
}

/// `io.tactus.Workflows.Get`: one workflow with its definition.
public struct GetWorkflow: Request {
  /// The full name.
  public static let method = "io.tactus.Workflows.Get"
  /// Those of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// Definitions want `read`.
  public static let right = Right.look

  /// The workflow's name.
  public var name: String
  /// Whether the definition is wanted; if absent, it comes to those who may read it.
  public var definition: Bool?

  /// Asks for it.
  public init(name: String, definition: Bool? = nil) {
    self.name = name
    self.definition = definition
  }

  /// The workflow.
  public struct Reply: Codable, Hashable, Sendable {
    /// The workflow.
    public var workflow: WireWorkflow

    /// Wraps it.
    public init(workflow: WireWorkflow) { self.workflow = workflow }
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case name, definition
  }
}

/// `io.tactus.Workflows.List`: a page of workflows in the order of their names.
public struct ListWorkflows: Request {
  /// The full name.
  public static let method = "io.tactus.Workflows.List"
  /// Those of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// What anybody may see.
  public static let right = Right.look

  /// Only those in this state.
  public var state: Workflow.State?
  /// Where the page begins; from an earlier reply.
  public var cursor: String?
  /// 1 … 1000; 50 if absent.
  public var limit: Int?

  /// Asks for a page.
  public init(state: Workflow.State? = nil, cursor: String? = nil, limit: Int? = nil) {
    self.state = state
    self.cursor = cursor
    self.limit = limit
  }

  /// A page.
  public struct Reply: Codable, Hashable, Sendable {
    /// Without their definitions.
    public var workflows: [WireWorkflow]
    /// Where the next page begins; nil on the last.
    public var nextCursor: String?

    /// Puts a page together.
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
