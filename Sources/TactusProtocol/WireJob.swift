public import TactusModel

/// A job on the wire.
public struct WireJob: Codable, Hashable, Sendable {
  /// The id of this attempt.
  public var id: String
  /// The workflow's name; nil for a job that carries its own definition.
  public var workflow: String?
  /// What it runs.
  public var kind: Word<Kind>
  /// Who asked for it.
  public var trigger: Word<Trigger>
  /// Where it stands.
  public var status: Word<JobStatus>
  /// What a lasting status is doing.
  public var phase: Word<Phase>?
  /// What a PENDING/due job waits for.
  public var wait: Word<Wait>?
  /// The lane.
  public var queue: String
  /// -100 … 100.
  public var priority: Int
  /// Where a waiting job stands in line; 1 is next.
  public var queuePosition: Int?
  /// How long that will take, from the recent run times of its queue.
  public var estimatedWaitSeconds: Int64?
  /// The generation of the definition that it is bound to; nil before its release.
  public var generation: Int?
  /// The instant that the schedule or the caller named.
  public var nominalAt: Instant?
  /// The earliest start of this attempt.
  public var scheduledAt: Instant?
  /// When the row was made.
  public var createdAt: Instant
  /// When it was released.
  public var queuedAt: Instant?
  /// When it began to run.
  public var startedAt: Instant?
  /// When it ended.
  public var completedAt: Instant?
  /// 1 for the first.
  public var attempt: Int
  /// Why it did not complete.
  public var errorCode: Word<ErrorCode>?
  /// The particular sentence.
  public var errorMessage: String?
  /// The process's exit code.
  public var exitCode: Int?
  /// The signal that ended the process.
  public var signal: Int?
  /// The status of the HTTP answer.
  public var httpStatus: Int?
  /// The process while it runs.
  public var pid: Int?
  /// Who started the command.
  public var runner: Word<RunnerName>?
  /// The provider that runs or ran it.
  public var provider: String?
  /// The container's id.
  public var containerID: String?
  /// From start to end, in milliseconds.
  public var durationMs: Int64?
  /// How long a RUNNING job has been running, in milliseconds; nil if that is not known.
  public var elapsedMs: Int64?
  /// How long it may run, in milliseconds; nil before it runs, and without a limit.
  public var timeoutMs: Int64?
  /// From the earliest to the real start, in milliseconds.
  public var startDelayMs: Int64?
  /// CPU time of the whole tree, in milliseconds.
  public var cpuMs: Int64?
  /// Peak memory of the whole tree.
  public var peakMemoryBytes: Int64?
  /// Output stored.
  public var logBytes: Int64
  /// Output counted but not stored.
  public var logDroppedBytes: Int64
  /// How many processes it left at its end that were ended; nil for none.
  public var endedProcesses: Int?
  /// Where the time of a request went.
  public var timings: WireTimings?
  /// What is worth knowing of a job without an error, such as where it was redirected to.
  public var note: String?
  /// The number of the event that says that it began, or failed to.
  public var startedEvent: Int64?
  /// The number of the event that says that it ended.
  public var endedEvent: Int64?

  /// A job as readers see it; those who may only look get no message, because it may tell of the definition.
  /// - Parameter elapsed: how long it has been running; nil if it does not run, or nobody knows.
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
    // Rounded up: what is about to happen is not said to have happened.
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

/// Where the time of a request went: microseconds from its start.
public struct WireTimings: Codable, Hashable, Sendable {
  /// Until the name was resolved.
  public var nameLookupUs: Int64
  /// Until the connection stood.
  public var connectUs: Int64
  /// Until the TLS handshake was done; 0 without TLS.
  public var tlsUs: Int64
  /// Until the first byte of the answer.
  public var firstByteUs: Int64
  /// Until the end.
  public var totalUs: Int64
  /// When the server's certificate expires; nil without TLS.
  public var certificateExpiresAt: Instant?

  /// Timings as the runner measured them.
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
