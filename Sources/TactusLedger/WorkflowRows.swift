public import TactusModel
public import TactusPorts

/// Statements about workflows, with the columns of their newest definition.
public protocol WorkflowRows {
  /// Returns a workflow by its number, also if it was deleted; nil if its row or its newest definition is missing.
  func workflow(numbered id: WorkflowID) throws -> WorkflowRow?

  /// Returns the workflow with this name; nil if no workflow has it, or only deleted ones.
  func workflow(named name: WorkflowName) throws -> WorkflowRow?

  /// Inserts an ACTIVE workflow with generation 1, whose definition the caller inserts in the same transaction.
  func insertWorkflow(_ name: WorkflowName, origin: Workflow.Origin, at now: Instant) throws -> WorkflowID

  /// Makes a generation the newest one of a workflow.
  func setGeneration(_ generation: Int, of id: WorkflowID, at now: Instant) throws

  /// Notes the planned job of a workflow, whose instants are then all answered up to it.
  func setPlanned(_ job: JobID, of id: WorkflowID) throws

  /// Notes that nothing is planned, and the first instant without an answer.
  func setUnplanned(from unanswered: Instant, of id: WorkflowID) throws

  /// Notes the first instant without an answer; nil if no instant needs one.
  func setUnanswered(_ instant: Instant?, of id: WorkflowID) throws

  /// Makes a workflow ACTIVE.
  func setActive(_ id: WorkflowID) throws

  /// Makes a workflow TERMINATED.
  func setTerminated(_ id: WorkflowID, for reason: Workflow.TerminatedReason, at now: Instant) throws

  /// Changes the reason of a termination.
  func setReason(_ reason: Workflow.TerminatedReason, of id: WorkflowID) throws

  /// Sets the failure count to 0, and notes that a person resumed the workflow.
  func setResumed(_ id: WorkflowID, at now: Instant) throws

  /// Marks a workflow as deleted, which frees its name.
  func setDeleted(_ id: WorkflowID, at now: Instant) throws

  /// Sets the number of consecutive failures.
  func setFailures(_ count: Int, of id: WorkflowID) throws

  /// Returns the names of the ACTIVE workflows that belong to files.
  func activeNamesOfFiles() throws -> [WorkflowName]

  /// Moves resumes that a wrong clock dated in the future to now.
  func limitResumes(to now: Instant) throws

  /// Returns the workflows whose plan is more than an interval after now.
  func planned(after now: Instant) throws -> [WorkflowID]

  /// Sets the build status of a workflow, and removes its build error; nil for a workflow without an image.
  func setBuild(_ status: BuildStatus?, of id: WorkflowID) throws

  /// Sets the build status and its error, unless they are set already.
  ///
  /// - Returns: false if nothing changed: an older generation, a workflow without an image, or the same step again.
  func setBuild(_ status: BuildStatus, error: String?, of key: DefinitionKey) throws -> Bool

  /// Whether the image of this generation is being prepared.
  func isPreparing(_ key: DefinitionKey) throws -> Bool

  /// Returns the preparations that are not finished, by workflow number; rows that cannot be read are left out.
  func unfinishedPreparations() throws -> [Preparation]
}

/// Statements about the generations of definitions.
public protocol DefinitionRows {
  /// Returns the canonical text of a generation; nil if it is missing.
  func canonical(of key: DefinitionKey) throws -> String?

  /// Replaces the text of a generation, which differs in comments only.
  func setText(_ text: String, of key: DefinitionKey) throws

  /// Inserts a generation: its text, and the columns that statements read.
  ///
  /// - Parameters:
  ///   - definition: the text and the policies.
  ///   - key: the workflow, and the number of the generation.
  ///   - grid: the nominal instants; nil without a schedule.
  ///   - now: the time from which it is in force.
  func insert(_ definition: Definition, as key: DefinitionKey, grid: Grid?, at now: Instant) throws

  /// Moves definitions that a wrong clock put in force in the future to now.
  func limitValidity(to now: Instant) throws
}
