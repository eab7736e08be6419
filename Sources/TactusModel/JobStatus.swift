/// The six statuses of a job; spelled the same in SQL, on the wire and in logs.
public enum JobStatus: String, CaseIterable, Sendable {
  /// Planned: it waits for its start time, or for room.
  case pending = "PENDING"
  /// Released to the execution queue, until it starts.
  case queued = "QUEUED"
  /// The process, container or request is running.
  case running = "RUNNING"
  /// It succeeded; terminal.
  case completed = "COMPLETED"
  /// It ended in any other way, on its own or by time-out; terminal.
  case failed = "FAILED"
  /// A person, a policy or the end of its workflow ended it; terminal.
  case canceled = "CANCELED"

  /// Whether the status never changes again.
  public var isTerminal: Bool { self == .completed || self == .failed || self == .canceled }

  /// Whether a job in this status counts for overlap.
  public var isLive: Bool { self == .queued || self == .running }

  /// Whether the transition to another status is allowed, by the table of docs/state-machine.md.
  public func mayBecome(_ next: JobStatus) -> Bool {
    switch (self, next) {
    case (.pending, .queued), (.pending, .canceled): true
    case (.queued, .running), (.queued, .failed), (.queued, .canceled): true
    case (.running, .completed), (.running, .failed), (.running, .canceled): true
    default: false
    }
  }
}

/// The phases, which refine the statuses that last.
public enum Phase: String, CaseIterable, Sendable {
  /// PENDING without a start time.
  case held
  /// PENDING until its start time.
  case scheduled
  /// PENDING after its start time: the queue is full or paused, or overlap makes it wait.
  case due
  /// QUEUED; waits for a slot.
  case queued
  /// QUEUED; none of its providers can take it, and it has no slot.
  case waitingForProvider = "waiting_for_provider"
  /// QUEUED and claimed; it is being handed to its runner.
  case dispatching
  /// RUNNING.
  case running
  /// RUNNING; the stop signal was sent.
  case stopping
  /// QUEUED and claimed, or RUNNING, but its state is unknown because its provider does not answer.
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

/// The origin of a job.
public enum Trigger: String, CaseIterable, Sendable {
  /// Created by the scheduling worker from the workflow's schedule.
  case automatic = "AUTOMATIC"
  /// Created on demand, by a person or a program.
  case manual = "MANUAL"
}

/// The reasons why a due job is not queued yet.
public enum Wait: String, CaseIterable, Sendable {
  /// Another job of the same workflow is live.
  case overlap
  /// The queue holds as many QUEUED jobs as `MaxQueued=` allows.
  case backlog
}
