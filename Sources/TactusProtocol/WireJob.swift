public import TactusModel

/// A job on the wire.
public struct WireJob: Codable, Hashable, Sendable {
  /// The id of this attempt.
  public var id: String
  /// The workflow's name; nil for a job that carries its own definition.
  public var workflow: String?
  /// The kind of the job.
  public var kind: Word<Kind>
  /// Whether the schedule or a caller created it.
  public var trigger: Word<Trigger>
  /// The status.
  public var status: Word<JobStatus>
  /// The phase within a status that lasts.
  public var phase: Word<Phase>?
  /// The reason why a PENDING/due job waits.
  public var wait: Word<Wait>?
  /// The name of the queue.
  public var queue: String
  /// The priority, -100 … 100.
  public var priority: Int
  /// The position of a waiting job; 1 is next.
  public var queuePosition: Int?
  /// The estimated wait, computed from the recent durations in its queue.
  public var estimatedWaitSeconds: Int64?
  /// The generation of its definition; nil before its release.
  public var generation: Int?
  /// The instant that the schedule or the caller named.
  public var nominalAt: Instant?
  /// The earliest start of this attempt.
  public var scheduledAt: Instant?
  /// The time at which the job was created.
  public var createdAt: Instant
  /// The time of its release.
  public var queuedAt: Instant?
  /// The time of its start.
  public var startedAt: Instant?
  /// The time of its end.
  public var completedAt: Instant?
  /// The number of the attempt, from 1.
  public var attempt: Int
  /// The error code; nil for a job that completed or has not ended.
  public var errorCode: Word<ErrorCode>?
  /// The error message.
  public var errorMessage: String?
  /// The process's exit code.
  public var exitCode: Int?
  /// The signal that ended the process.
  public var signal: Int?
  /// The status of the HTTP answer.
  public var httpStatus: Int?
  /// The id of the process while it runs.
  public var pid: Int?
  /// The runner of a command.
  public var runner: Word<RunnerName>?
  /// The provider that runs or ran it.
  public var provider: String?
  /// The container's id.
  public var containerID: String?
  /// The time from start to end, in milliseconds.
  public var durationMs: Int64?
  /// The time for which a RUNNING job has been running, in milliseconds; nil if unknown.
  public var elapsedMs: Int64?
  /// The time-out in milliseconds; nil before it runs, and without a limit.
  public var timeoutMs: Int64?
  /// The time from the earliest to the actual start, in milliseconds.
  public var startDelayMs: Int64?
  /// The CPU time of all its processes, in milliseconds.
  public var cpuMs: Int64?
  /// The peak memory of all its processes, in bytes.
  public var peakMemoryBytes: Int64?
  /// Bytes of stored output.
  public var logBytes: Int64
  /// Bytes of output that were counted but not stored.
  public var logDroppedBytes: Int64
  /// The number of leftover processes that the daemon ended; nil for 0.
  public var endedProcesses: Int?
  /// The timings of a request.
  public var timings: WireTimings?
  /// A note on a job without an error, such as the target of a redirect.
  public var note: String?
  /// The number of the event of its start, or of its failure to start.
  public var startedEvent: Int64?
  /// The number of the event of its end.
  public var endedEvent: Int64?

  /// Converts a job.
  ///
  /// Callers without the right `read` get no message, because it may contain parts of the definition.
  ///
  /// - Parameter elapsed: the time for which it has been running; nil if it does not run, or if unknown.
  public init(_ job: Job, for right: Right = .admin, elapsed: Duration? = nil) {
    id = job.id.description
    workflow = job.workflow?.text
    kind = job.kind
    trigger = job.trigger
    status = job.status
    phase = job.phase
    wait = job.wait
    queue = job.queue.text
    priority = job.priority
    queuePosition = job.place?.position
    // Rounded up, so that the estimate is not 0 before the start.
    estimatedWaitSeconds = job.place?.estimatedWait.map { $0.microseconds.addingSaturated(999_999) / 1_000_000 }
    generation = job.generation
    nominalAt = job.nominalAt
    scheduledAt = job.scheduledAt
    createdAt = job.createdAt
    queuedAt = job.queuedAt
    startedAt = job.startedAt
    completedAt = job.completedAt
    attempt = job.attempt
    errorCode = job.errorCode
    errorMessage = right >= .read && job.errorCode != nil ? job.errorMessage : nil
    note = right >= .read && job.errorCode == nil ? job.errorMessage : nil
    exitCode = job.report.exitCode
    signal = job.report.signal
    httpStatus = job.report.httpStatus
    pid = job.processID
    runner = job.runner
    provider = job.provider?.text
    containerID = job.containerID
    durationMs = job.duration?.milliseconds
    elapsedMs = elapsed?.milliseconds
    timeoutMs = job.timeout?.milliseconds
    startDelayMs = job.startDelay?.milliseconds
    cpuMs = job.report.cpuTime?.milliseconds
    peakMemoryBytes = job.report.peakMemoryBytes
    logBytes = job.report.logBytes
    logDroppedBytes = job.report.logDroppedBytes
    endedProcesses = job.report.endedProcesses == 0 ? nil : job.report.endedProcesses
    timings = job.report.timings.map(WireTimings.init)
    startedEvent = job.startedEvent
    endedEvent = job.endedEvent
  }

  enum CodingKeys: String, CodingKey {
    case id, workflow, kind, trigger, status, phase, wait, queue, priority
    case queuePosition = "queue_position"
    case estimatedWaitSeconds = "estimated_wait_seconds"
    case generation
    case nominalAt = "nominal_at"
    case scheduledAt = "scheduled_at"
    case createdAt = "created_at"
    case queuedAt = "queued_at"
    case startedAt = "started_at"
    case completedAt = "completed_at"
    case attempt
    case errorCode = "error_code"
    case errorMessage = "error_message"
    case exitCode = "exit_code"
    case signal
    case httpStatus = "http_status"
    case pid
    case runner
    case provider
    case containerID = "container_id"
    case durationMs = "duration_ms"
    case elapsedMs = "elapsed_ms"
    case timeoutMs = "timeout_ms"
    case startDelayMs = "start_delay_ms"
    case cpuMs = "cpu_ms"
    case peakMemoryBytes = "peak_memory_bytes"
    case logBytes = "log_bytes"
    case logDroppedBytes = "log_dropped_bytes"
    case endedProcesses = "ended_processes"
    case timings, note
    case startedEvent = "started_event"
    case endedEvent = "ended_event"
  }
}

/// The timings of a request, in microseconds from its start.
public struct WireTimings: Codable, Hashable, Sendable {
  /// The end of the name lookup.
  public var nameLookupUs: Int64
  /// The end of the connect.
  public var connectUs: Int64
  /// The end of the TLS handshake; 0 without TLS.
  public var tlsUs: Int64
  /// The first byte of the answer.
  public var firstByteUs: Int64
  /// The end of the request.
  public var totalUs: Int64
  /// The time at which the server's certificate expires; nil without TLS.
  public var certificateExpiresAt: Instant?

  /// Converts the timings of the runner.
  public init(_ timings: HTTPTimings) {
    nameLookupUs = timings.nameLookup.microseconds
    connectUs = timings.connect.microseconds
    tlsUs = timings.tls.microseconds
    firstByteUs = timings.firstByte.microseconds
    totalUs = timings.total.microseconds
    certificateExpiresAt = timings.certificateExpiresAt
  }

  enum CodingKeys: String, CodingKey {
    case nameLookupUs = "name_lookup_us"
    case connectUs = "connect_us"
    case tlsUs = "tls_us"
    case firstByteUs = "first_byte_us"
    case totalUs = "total_us"
    case certificateExpiresAt = "certificate_expires_at"
  }
}
