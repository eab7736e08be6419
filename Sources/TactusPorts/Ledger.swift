public import TactusModel

/// The durable memory of the daemon.
///
/// Any thread may call it. Each verb is a posted write of one transaction. It returns at once, runs in the order of the
/// calls, and is answered after the commit that makes it durable. A failure has changed nothing. A record of an attempt
/// is answered with false if its fence token is outdated, or if the row no longer allows the change. Implementations
/// hide their SQL. One conformance suite runs over every implementation.
public protocol Ledger: Sendable {
  // MARK: Definitions

  /// Creates or edits a workflow; an edit never starts a job.
  ///
  /// A dry run has the same answer and changes nothing.
  /// - Throws: conflict, if the other side owns the name.
  func apply(
    _ definition: Definition, to name: WorkflowName, origin: Workflow.Origin, dryRun: Bool, at now: Instant,
    answer: @escaping Answer<Applied>)
  /// Applies the definitions of files, and terminates (`removed`) the file-owned workflows that are not in `present`.
  ///
  /// `present` has every name of a successful listing, including files that were refused and keep their last good
  /// definition. Nil terminates nothing, because large loads are split.
  func load(
    _ definitions: [(name: WorkflowName, definition: Definition)], present: Set<WorkflowName>?, at now: Instant,
    answer: @escaping Answer<Loaded>)
  /// Terminates a workflow: withdraws unclaimed automatic jobs, and stops running ones only if `cancelRunning` is set.
  func terminate(
    _ name: WorkflowName, cancelRunning: Bool, at now: Instant, answer: @escaping Answer<PlanChange>)
  /// Resumes a workflow, with the first grid instant after now and a failure count of 0.
  /// - Throws: notFound; conflict, if its file was removed.
  func resume(_ name: WorkflowName, at now: Instant, answer: @escaping Answer<PlanChange>)
  /// Deletes a workflow, which frees its name.
  ///
  /// The caller has checked that no file has this name.
  ///
  /// - Throws: notFound; conflict, unless it is terminated and all its jobs have ended.
  func delete(_ name: WorkflowName, at now: Instant, answer: @escaping Answer<Bool>)

  // MARK: Planning

  /// Creates a MANUAL job, and releases it if its start time has come.
  ///
  /// The caller has checked the instant and the key.
  ///
  /// A repeated request with the same key creates no job, and is answered with the job of the first request.
  /// - Throws: notFound; conflict, if the key was used for another request.
  func run(_ request: RunRequest, at now: Instant, answer: @escaping Answer<(id: JobID, change: PlanChange)>)
  /// Gives a held job a start time, or a scheduled MANUAL job another one.
  ///
  /// The caller has checked the instant.
  ///
  /// - Throws: notFound; conflict, for planned jobs and those that have been released.
  func schedule(_ id: JobID, for instant: Instant, at now: Instant, answer: @escaping Answer<PlanChange>)
  /// Decides on due rows, at most ``Limits/releaseBatch``, and on rows that wait for the workflows and queues of the
  /// request.
  func release(_ request: ReleaseRequest, answer: @escaping Answer<Released>)
  /// Moves planned rows that are later than the first unanswered grid instant after now back to it.
  ///
  /// Called at start-up and after a backward step of the clock.
  func realign(at now: Instant, answer: @escaping Answer<PlanChange>)

  // MARK: Running

  /// Claims jobs for this daemon; the answer leaves out jobs that are no longer QUEUED/queued.
  func claim(_ ids: [JobID], bootID: String, at now: Instant, answer: @escaping Answer<[ClaimedJob]>)
  /// Records a start: QUEUED/dispatching becomes RUNNING. False if the fence refused it.
  func recordStart(_ id: JobID, fence: Int64, facts: StartFacts, answer: @escaping Answer<Bool>)
  /// Lets a claimed job of which nothing was started wait for a provider.
  ///
  /// False if the fence or a stop reason refused it.
  func park(_ id: JobID, fence: Int64, answer: @escaping Answer<Bool>)
  /// Puts a job of which nothing was started back into the queue.
  ///
  /// Nil if the fence or a stop reason refused it.
  func requeue(_ id: JobID, fence: Int64, answer: @escaping Answer<QueuedJob?>)
  /// Records a stop reason; the first reason stays.
  ///
  /// False if the fence refused it, or the row has a reason.
  func recordStop(_ id: JobID, fence: Int64, reason: StopReason, at now: Instant, answer: @escaping Answer<Bool>)
  /// Notes that an attempt has exited on its own, so that later stop reasons are refused.
  ///
  /// False if the fence or an earlier stop reason refused it. The note is not durable: after a restart, the end is
  /// looked up by facts.
  func recordExit(_ id: JobID, fence: Int64, answer: @escaping Answer<Bool>)
  /// Ends a job and counts the end for its workflow, in one transaction.
  ///
  /// `stop` is the reason that the worker knows. A durable reason in the row takes precedence. `facts` add a start that
  /// could not be recorded earlier.
  func recordEnd(
    _ id: JobID, fence: Int64, facts: StartFacts?, ending: Ending, stop: StopReason?, report: Report, at now: Instant,
    answer: @escaping Answer<Ended>)
  /// Cancels a job in any non-terminal status: ends it if it is not claimed, else records the stop reason.
  ///
  /// - Throws: notFound; conflict if terminal.
  func cancel(_ id: JobID, at now: Instant, answer: @escaping Answer<PlanChange>)

  /// Records that the provider of a claimed or running job is silent, or answers again.
  ///
  /// False if the fence refused it.
  func recordSilence(_ id: JobID, fence: Int64, isSilent: Bool, answer: @escaping Answer<Bool>)
  /// Records what keeps a claimed or running job from ending.
  ///
  /// False if the fence refused it.
  func recordObstacle(_ id: JobID, fence: Int64, obstacle: String, answer: @escaping Answer<Bool>)
  /// Ends a job as LOST whose provider does not answer.
  ///
  /// - Throws: notFound; conflict, unless it is unverified.
  func abandon(_ id: JobID, at now: Instant, answer: @escaping Answer<Ended>)

  /// Records a step of the preparation of an image.
  ///
  /// False if the generation is not the newest, or the step is already recorded.
  func recordBuild(_ key: DefinitionKey, _ step: BuildStep, at now: Instant, answer: @escaping Answer<Bool>)

  // MARK: The daemon

  /// Writes an event of the daemon itself.
  func record(_ type: EventType, at now: Instant, answer: @escaping Answer<Bool>)

  // MARK: Start-up and check

  /// Applies the rules of start-up, such as MISFIRED for overtaken QUEUED rows, and returns the rows to continue with.
  func recover(at now: Instant, answer: @escaping Answer<Recovered>)
  /// Returns the claimed and RUNNING rows, for the regular check of rows against facts.
  func remnants(answer: @escaping Answer<[Remnant]>)
}
