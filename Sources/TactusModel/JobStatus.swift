/// The six words for where a job stands; the same in SQL, on the wire and in logs.
public enum JobStatus: String, CaseIterable, Sendable {
  /// Planned; waits for its time, or for a place.
  case pending = "PENDING"
  /// Released to the execution queue, up to the moment it runs.
  case queued = "QUEUED"
  /// The process is alive, the request is under way.
  case running = "RUNNING"
  /// It succeeded. Terminal.
  case completed = "COMPLETED"
  /// It ended in any other way, by itself or by time-out. Terminal.
  case failed = "FAILED"
  /// A person, a policy or the end of its workflow ended it. Terminal.
  case canceled = "CANCELED"

  /// Whether rows in this status never change status again.
  public var isTerminal: Bool { self == .completed || self == .failed || self == .canceled }

  /// Whether a job in this status counts for overlap.
  public var isLive: Bool { self == .queued || self == .running }

  /// Whether a job may go from this status to another; the whole table of docs/state-machine.md.
  public func mayBecome(_ next: JobStatus) -> Bool {
    switch (self, next) {
    case (.pending, .queued), (.pending, .canceled): true
    case (.queued, .running), (.queued, .failed), (.queued, .canceled): true
    case (.running, .completed), (.running, .failed), (.running, .canceled): true
    default: false
    }
  }
}

/// What a status that lasts is waiting for or doing.
public enum Phase: String, CaseIterable, Sendable {
  /// PENDING without a start time.
  case held
  /// PENDING until its start time.
  case scheduled
  /// PENDING past its start time: the queue is full or paused, or overlap makes it wait.
  case due
  /// QUEUED, waiting for a slot.
  case queued
  /// QUEUED: none of its providers can take it; holds no slot.
  case waitingForProvider = "waiting_for_provider"
  /// QUEUED and claimed: it is being handed to its runner.
  case dispatching
  /// RUNNING.
  case running
  /// RUNNING, the stop signal is sent.
  case stopping
  /// QUEUED and claimed, or RUNNING, but its provider does not answer, so that what became of it is unknown.
  case unverified

  /// The statuses that this phase refines.
  public var statuses: [JobStatus] {
    switch self {
    case .held, .scheduled, .due: [.pending]
    case .queued, .waitingForProvider, .dispatching: [.queued]
    case .running, .stopping: [.running]
    case .unverified: [.queued, .running]
    }
  }
}

/// Who asked for a job.
public enum Trigger: String, CaseIterable, Sendable {
  /// The scheduling worker, from the workflow's schedule.
  case automatic = "AUTOMATIC"
  /// A person or a program, on demand.
  case manual = "MANUAL"
}

/// Why a due job is not yet queued.
public enum Wait: String, CaseIterable, Sendable {
  /// A live job of the same workflow.
  case overlap
  /// The queue holds as many QUEUED jobs as it may.
  case backlog
}
