/// How an attempt ended, as its row tells it.
public struct Outcome: Hashable, Sendable {
  /// COMPLETED, FAILED or CANCELED.
  public var status: JobStatus
  /// Nil exactly when completed.
  public var errorCode: ErrorCode?
  /// The particular sentence; of a completed attempt what is worth knowing of it, or nil.
  public var message: String?
  /// What the runner measured.
  public var report: Report

  /// Puts an outcome together.
  public init(status: JobStatus, errorCode: ErrorCode? = nil, message: String? = nil, report: Report = Report()) {
    self.status = status
    self.errorCode = errorCode
    self.message = message
    self.report = report
  }

  /// The outcome of an attempt that ended in some way while a reason to stop it stood, or none.
  ///
  /// The first reason decides, whatever the exit code; an end that came before any reason keeps its own result.
  public init(_ ending: Ending, stop: StopReason?, report: Report) {
    if let stop {
      // Only a time-out asks what took so long.
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

/// How an attempt ended by itself.
public enum Ending: Hashable, Sendable {
  /// Exit code 0, or the expected answer.
  case succeeded
  /// Anything else, with the sentence for the operator.
  case failed(ErrorCode, String)
}

/// What a runner measured of an attempt; what does not apply stays nil.
public struct Report: Hashable, Sendable {
  /// When the end was seen; nil lets the worker's clock say.
  public var endedAt: Instant?
  /// From its start to its end, by a clock that nobody sets, never negative; nil if it never started.
  public var duration: Duration?
  /// The process's exit code, 0…255.
  public var exitCode: Int?
  /// The signal that ended the process.
  public var signal: Int?
  /// The status of the HTTP answer.
  public var httpStatus: Int?
  /// Where the time of a request went.
  public var timings: HTTPTimings?
  /// Output stored, in bytes.
  public var logBytes: Int64 = 0
  /// Output counted but not stored, in bytes.
  public var logDroppedBytes: Int64 = 0
  /// How many processes it left at its end that were ended.
  public var endedProcesses = 0
  /// CPU time of the whole tree, where a cgroup tells it.
  public var cpuTime: Duration?
  /// Peak memory of the whole tree in bytes, where a cgroup tells it.
  public var peakMemoryBytes: Int64?
  /// What a stopped attempt waited for, as a part of a sentence; becomes a part of the message of a time-out.
  public var standing: String?
  /// What is worth knowing of an attempt that succeeded, such as where it was redirected to; becomes its message.
  public var note: String?

  /// An empty report.
  public init() {}
}

/// Where the time of an HTTP request went: spans from its start, and the server certificate's end.
public struct HTTPTimings: Hashable, Sendable {
  /// Until the name was resolved.
  public var nameLookup: Duration
  /// Until the connection stood.
  public var connect: Duration
  /// Until the TLS handshake was done; zero without TLS.
  public var tls: Duration
  /// Until the first byte of the answer.
  public var firstByte: Duration
  /// Until the end.
  public var total: Duration
  /// When the server's certificate expires; nil without TLS.
  public var certificateExpiresAt: Instant?

  /// Puts timings together.
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

/// Why an attempt is being stopped; the first reason wins.
public enum StopReason: String, CaseIterable, Sendable {
  /// It exceeded its time-out.
  case timeout = "PROVIDER_TIMEOUT"
  /// A person canceled it.
  case canceled = "CANCELED_BY_USER"
  /// Its workflow was terminated and the caller asked to cancel what runs.
  case workflowTerminated = "WORKFLOW_TERMINATED"
  /// A newer run takes its place.
  case replaced = "OVERLAP_REPLACED"
  /// The daemon stops and the drain time ran out.
  case interrupted = "INTERRUPTED"
  /// A process outlived the daemon that started it.
  case orphaned = "LOST"

  /// The code that the row gets.
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
