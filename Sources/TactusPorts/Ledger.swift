public import TactusModel

/// The memory of the daemon: what was decided, durably.
///
/// Every verb is a posted write of one transaction: it returns at once, happens in the order of the calls, and is answered
/// after the commit that made it survive power loss. A failure has changed nothing. Implementations know their own SQL;
/// nothing of it shows here. One conformance suite runs over every implementation.
public protocol Ledger: Sendable {
  // MARK: Definitions

  /// Creates or edits a workflow. An edit never starts a job. A dry run answers the same and changes nothing.
  /// - Throws: conflict, if the other side owns the name.
  func apply(
    _ definition: Definition, to name: WorkflowName, origin: Workflow.Origin, dryRun: Bool, at now: Instant,
    answer: @escaping Answer<Applied>)
  /// Applies all definitions that files give, and terminates (`removed`) the file-owned workflows not in `present`.
  ///
  /// `present` has every name in a successful listing, also those whose file was refused and keeps its last good
  /// definition; nil terminates nothing (large loads come in parts).
  func load(
    _ definitions: [(name: WorkflowName, definition: Definition)], present: Set<WorkflowName>?, at now: Instant,
    answer: @escaping Answer<Loaded>)
  /// Ends planning; unclaimed automatic jobs are withdrawn, running ones stop only if asked for.
  func terminate(
    _ name: WorkflowName, cancelRunning: Bool, at now: Instant, answer: @escaping Answer<PlanChange>)
  /// Begins planning again, with the first grid instant after now and a counter of 0.
  func resume(_ name: WorkflowName, at now: Instant, answer: @escaping Answer<PlanChange>)
  /// Frees the name of a workflow; the caller has seen that there is no file of that name.
  /// - Throws: notFound; conflict, unless it is terminated and all its jobs have ended.
  func delete(_ name: WorkflowName, at now: Instant, answer: @escaping Answer<Bool>)

  // MARK: Planning

  /// Makes a MANUAL job and releases it if its time has come. The caller has checked the instant and the key.
  ///
  /// A request whose key was used makes no job: the same one is answered with the job that it made.
  /// - Throws: notFound; conflict, if the key was used for another request.
  func run(_ request: RunRequest, at now: Instant, answer: @escaping Answer<(id: JobID, change: PlanChange)>)
  /// Gives a held job its time, or a scheduled MANUAL one another. The caller has checked the instant.
  /// - Throws: notFound; conflict, for planned jobs and those that have been released.
  func schedule(_ id: JobID, for instant: Instant, at now: Instant, answer: @escaping Answer<PlanChange>)
  /// Decides on due rows, at most ``Limits/releaseBatch``, and on those that wait for what the request names.
  func release(_ request: ReleaseRequest, answer: @escaping Answer<Released>)
  /// Moves planned rows that lie later than the first unanswered grid instant after now back to it: after a backward
  /// step of the clock, and at start-up.
  func realign(at now: Instant, answer: @escaping Answer<PlanChange>)

  // MARK: Running

  /// Claims jobs for this daemon; those that are no longer QUEUED/queued are left out of the answer.
  func claim(_ ids: [JobID], bootID: String, at now: Instant, answer: @escaping Answer<[ClaimedJob]>)
  /// QUEUED/dispatching becomes RUNNING; false if the fence kept it out.
  func recordStart(_ id: JobID, fence: Int64, facts: StartFacts, answer: @escaping Answer<Bool>)
  /// Lets a claimed job of which nothing was started wait for a provider; false if the fence, or a reason to stop, kept
  /// it out.
  func park(_ id: JobID, fence: Int64, answer: @escaping Answer<Bool>)
  /// Puts a job back in line, of which nothing was started; nil if the fence, or a reason to stop, kept it out.
  func requeue(_ id: JobID, fence: Int64, answer: @escaping Answer<QueuedJob?>)
  /// Makes the reason to stop durable; the first reason stays.
  func recordStop(_ id: JobID, fence: Int64, reason: StopReason, at now: Instant, answer: @escaping Answer<Bool>)
  /// Notes that an attempt has ended by itself, so that no reason to stop it is taken any more; false if the fence, or a
  /// reason that came before, kept it out. Not durable: a daemon that finds the row looks its end up.
  func recordExit(_ id: JobID, fence: Int64, answer: @escaping Answer<Bool>)
  /// Closes the row and counts the end for its workflow, in one transaction.
  ///
  /// `stop` is the reason that the worker knows; a durable one in the row comes first. `facts` repair a start that could
  /// not be recorded in its time.
  func recordEnd(
    _ id: JobID, fence: Int64, facts: StartFacts?, ending: Ending, stop: StopReason?, report: Report, at now: Instant,
    answer: @escaping Answer<Ended>)
  /// Cancels in any non-terminal status: closes what is not claimed, records the reason for what is.
  /// - Throws: notFound; conflict if terminal.
  func cancel(_ id: JobID, at now: Instant, answer: @escaping Answer<PlanChange>)

  /// Notes that the provider of a claimed or running job does not answer, or that it does again; false if the fence kept
  /// it out.
  func recordSilence(_ id: JobID, fence: Int64, isSilent: Bool, answer: @escaping Answer<Bool>)
  /// Notes what keeps a claimed or running job from ending; false if the fence kept it out.
  func recordObstacle(_ id: JobID, fence: Int64, obstacle: String, answer: @escaping Answer<Bool>)
  /// Closes a job as LOST whose provider does not answer.
  /// - Throws: notFound; conflict, unless it is unverified.
  func abandon(_ id: JobID, at now: Instant, answer: @escaping Answer<Ended>)

  /// Notes how far the preparation of an image is; false if the generation is not the newest, or that is known.
  func recordBuild(_ key: DefinitionKey, _ step: BuildStep, at now: Instant, answer: @escaping Answer<Bool>)

  // MARK: The daemon

  /// Writes an event of the daemon itself.
  func record(_ type: EventType, at now: Instant, answer: @escaping Answer<Bool>)

  // MARK: Start-up and check

  /// Applies the rules of start-up (overtaken QUEUED rows are MISFIRED) and tells what is there.
  func recover(at now: Instant, answer: @escaping Answer<Recovered>)
  /// Claimed and RUNNING rows, for the regular check of rows against facts.
  func remnants(answer: @escaping Answer<[Remnant]>)
}
