/// The reason why a ledger refused a request; nothing was changed.
///
/// It holds values and no sentences. `TactusMessages` has the sentence for each.
public enum Refusal: Error, Hashable, Sendable {
  /// The subject does not exist.
  case notFound(Subject)
  /// The present state of the subject does not allow the request.
  case conflict(Conflict)
  /// An instant is outside the valid range.
  case invalid(Field, ManualStart.Fault)
  /// The store cannot be read or written at present.
  case unavailable(Unavailability)
}

extension Refusal {
  /// The subjects of a request.
  public enum Subject: Hashable, Sendable {
    /// A workflow of this name.
    case workflow(WorkflowName)
    /// A job of this id.
    case job(JobID)
    /// Any job of the workflow.
    case anyJob(of: WorkflowName)

  }

  /// The fields of a request, by their names on the wire.
  public enum Field: String, Sendable {
    /// The start time of a run.
    case scheduledAt = "scheduled_at"
    /// The start time for a held job.
    case at
  }

  /// The reasons against a change.
  public enum Conflict: Hashable, Sendable {
    /// A file defines the workflow, so the socket may not change it.
    case ownedByFile(WorkflowName)
    /// A file that was removed since defines the workflow, so the socket may not change it.
    case ownedByRemovedFile(WorkflowName)
    /// The socket defined the workflow, so a file may not change it.
    case ownedBySocket(WorkflowName)
    /// The workflow's file was removed.
    ///
    /// Only the return of the file can resume it.
    case fileRemoved(WorkflowName)
    /// Only a terminated workflow can be deleted.
    case active(WorkflowName)
    /// Only a workflow without PENDING, QUEUED and RUNNING jobs can be deleted; names one of them.
    case hasLiveJob(WorkflowName, JobID)
    /// The rows of the workflow cannot be read, so a file does not change it.
    case leftAlone(WorkflowName)
    /// The job has already ended, with this status.
    case ended(JobID, JobStatus)
    /// The process of the job has ended, and its last output is being stored.
    case exited(JobID)
    /// The schedule set the start time of the job.
    case planned(JobID)
    /// Only a job that is held, or waits for its start time, can be scheduled.
    case notSchedulable(JobID, JobStatus)
    /// Only an unverified job can be abandoned.
    case notUnverified(JobID, JobStatus, Phase)
    /// The idempotency key belongs to another request: its text, and the job that it created.
    case keyInUse(String, request: String, job: JobID)
    /// A required row cannot be read.
    case unreadable(UnreadableRow)
    /// The rows of some jobs cannot be read.
    case unreadableJobs([JobID])
  }

  /// The reasons why the store does not answer.
  public enum Unavailability: Hashable, Sendable {
    /// The store was closed.
    case closed
    /// The daemon is starting or stopping.
    case starting
    /// The store cannot be written; the database's message with its code.
    case unwritable(String)
    /// The store cannot be read; the database's message with its code.
    case unreadable(String)
    /// The output of jobs cannot be read; the database's message with its code.
    case unreadableOutput(String)
    /// An event that should be there is not.
    case missingEvent
    /// The disk has not answered for this long.
    case silent(Duration)
  }
}
