/// The end of an attempt, as stored in its row.
public struct Outcome: Hashable, Sendable {
  /// The status: COMPLETED, FAILED or CANCELED.
  public var status: JobStatus
  /// The error code; nil exactly if completed.
  public var errorCode: ErrorCode?
  /// Details for people; for a completed attempt a remark, or nil.
  public var message: String?
  /// The measurements of the runner.
  public var report: Report

  /// Creates an outcome.
  public init(status: JobStatus, errorCode: ErrorCode? = nil, message: String? = nil, report: Report = Report()) {
    self.status = status
    self.errorCode = errorCode
    self.message = message
    self.report = report
  }

  /// Combines the end of an attempt with its stop reason.
  ///
  /// The stop reason decides, whatever the exit code. Without a stop reason the end keeps its own result.
  public init(_ ending: Ending, stop: StopReason?, report: Report) {
    if let stop {
      // Only a time-out message names what took so long.
      let standing = stop == .timeout ? report.standing.map { ": \($0)" } ?? "" : ""
      let message = stop.sentence + standing
      self.init(status: stop.errorCode.status, errorCode: stop.errorCode, message: message, report: report)
      return
    }
    switch ending {
    case .succeeded: self.init(status: .completed, message: report.note, report: report)
    case .failed(let code, let message):
      self.init(status: code.status, errorCode: code, message: message, report: report)
    }
  }
}

/// The ways in which an attempt ends on its own.
public enum Ending: Hashable, Sendable {
  /// Exit code 0, or the expected answer.
  case succeeded
  /// Any other end, with a message for the operator.
  case failed(ErrorCode, String)
}

/// The measurements of an attempt; nil for values that do not apply.
public struct Report: Hashable, Sendable {
  /// The end by the wall clock; nil for the time at which the worker learns of it.
  public var endedAt: Instant?
  /// The time from start to end by a monotonic clock, never negative; nil if it never started.
  public var duration: Duration?
  /// The exit code of the process, 0…255.
  public var exitCode: Int?
  /// The signal that ended the process.
  public var signal: Int?
  /// The status of the HTTP answer.
  public var httpStatus: Int?
  /// The timings of the HTTP request.
  public var timings: HTTPTimings?
  /// The stored output, in bytes.
  public var logBytes: Int64 = 0
  /// The output that was counted but not stored, in bytes.
  public var logDroppedBytes: Int64 = 0
  /// The number of processes that were left at its end and then ended.
  public var endedProcesses = 0
  /// The CPU time of the whole process tree; nil without a cgroup.
  public var cpuTime: Duration?
  /// The peak memory of the whole process tree, in bytes; nil without a cgroup.
  public var peakMemoryBytes: Int64?
  /// What a stopped attempt was waiting for, as part of a sentence; appended to the message of a time-out.
  public var standing: String?
  /// A remark about an attempt that succeeded, such as a redirect; becomes its message.
  public var note: String?

  /// Creates an empty report.
  public init() {}
}

/// The phases of an HTTP request, as spans from its start, and the expiry of the certificate.
public struct HTTPTimings: Hashable, Sendable {
  /// Until the name was resolved.
  public var nameLookup: Duration
  /// Until the connection was established.
  public var connect: Duration
  /// Until the TLS handshake was done; zero without TLS.
  public var tls: Duration
  /// Until the first byte of the answer.
  public var firstByte: Duration
  /// Until the end.
  public var total: Duration
  /// The expiry of the server's certificate; nil without TLS.
  public var certificateExpiresAt: Instant?

  /// Creates timings.
  public init(
    nameLookup: Duration, connect: Duration, tls: Duration, firstByte: Duration, total: Duration,
    certificateExpiresAt: Instant? = nil
  ) {
    self.nameLookup = nameLookup
    self.connect = connect
    self.tls = tls
    self.firstByte = firstByte
    self.total = total
    self.certificateExpiresAt = certificateExpiresAt
  }
}

/// The reasons to stop an attempt; the first one wins.
public enum StopReason: String, CaseIterable, Sendable {
  /// It exceeded its time-out.
  case timeout = "PROVIDER_TIMEOUT"
  /// A person canceled it.
  case canceled = "CANCELED_BY_USER"
  /// Its workflow was terminated, and the caller asked to cancel running jobs.
  case workflowTerminated = "WORKFLOW_TERMINATED"
  /// A newer run replaces it.
  case replaced = "OVERLAP_REPLACED"
  /// The daemon stops, and the drain time ran out.
  case interrupted = "INTERRUPTED"
  /// The process outlived the daemon that started it.
  case orphaned = "LOST"

  /// The error code of the row.
  public var errorCode: ErrorCode {
    switch self {
    case .timeout: .providerTimeout
    case .canceled: .canceledByUser
    case .workflowTerminated: .workflowTerminated
    case .replaced: .overlapReplaced
    case .interrupted: .interrupted
    case .orphaned: .lost
    }
  }

  /// The sentence for the operator.
  public var sentence: String {
    switch self {
    case .timeout: "exceeded its time-out"
    case .canceled: "canceled by a person"
    case .workflowTerminated: "its workflow was terminated"
    case .replaced: "replaced by a newer run of its workflow"
    case .interrupted: "the daemon was stopped before it ended"
    case .orphaned: "the daemon that started it is gone; the process it left was ended"
    }
  }
}
