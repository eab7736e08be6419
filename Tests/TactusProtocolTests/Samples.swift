import TactusModel

@testable import TactusProtocol

/// Full samples of every request and reply, with every optional value.
enum Samples {
  static let at = Instant(microseconds: 1_796_094_000_123_456)

  static let timings = HTTPTimings(
    nameLookup: .microseconds(1), connect: .microseconds(2), tls: .microseconds(3), firstByte: .microseconds(4),
    total: .microseconds(5), certificateExpiresAt: at)

  static func job() throws -> Job {
    var report = Report()
    report.exitCode = 1
    report.signal = 9
    report.httpStatus = 500
    report.timings = timings
    report.logBytes = 10
    report.logDroppedBytes = 20
    report.endedProcesses = 2
    report.cpuTime = .milliseconds(30)
    report.peakMemoryBytes = 40
    var job = Job(
      id: JobID(high: 0x0193_2C07_A0B0_7123, low: 0x8123_4567_89AB_CDEF), workflow: WorkflowName("nightly"),
      kind: .command, queue: QueueName(builtIn: .command), priority: 5, trigger: .automatic, status: .running,
      phase: .stopping, wait: .overlap, generation: 3, nominalAt: at, scheduledAt: at, createdAt: at, queuedAt: at,
      startedAt: at + .milliseconds(7), completedAt: at + .seconds(2), attempt: 1, errorCode: .providerTimeout,
      errorMessage: "exceeded its time-out", processID: 4711, report: report)
    job.timeout = .seconds(60)
    job.runner = .known(.systemd)
    job.provider = .local
    job.containerID = "f00d"
    (job.startedEvent, job.endedEvent) = (12, 15)
    job.place = Place(position: 2, estimatedWait: .milliseconds(1500))
    return job
  }

  static func provider() -> ProviderReport {
    let provider = Provider(name: .local, endpoint: .unix("/run/x.sock"), capabilities: ["gpu"], maxRunning: 3)
    return ProviderReport(provider: provider, state: .aside, running: 2, lastError: "no connection")
  }

  static func workflow() throws -> Workflow {
    Workflow(
      id: WorkflowID(number: 7), name: try required(WorkflowName("nightly")), kind: .command, text: "[Command]\n",
      generation: 3, origin: .socket, state: .terminated, terminatedReason: .consecutiveFailures,
      consecutiveFailures: 3, maxConsecutiveFailures: 3, queue: QueueName(builtIn: .command), priority: 0,
      interval: .seconds(3600), anchorAt: at, nextAt: at, createdAt: at, updatedAt: at, terminatedAt: at, resumedAt: at,
      buildStatus: .failed, buildError: "no such image")
  }

  static func describe() -> Describe.Reply {
    Describe.Reply(
      version: "1", pid: 1, startedAt: at, state: .degraded, jobs: JobCounts([.failed: 3]),
      queues: [
        WireQueue(name: QueueName(builtIn: .command), running: 1, queued: 2, limits: QueueLimits(maxRunning: 4))
      ],
      workflows: WorkflowCounts(active: 1, terminated: 2), storeID: "x", storeBytes: 9, nextDue: at,
      lastErrors: [Incident(at: at, message: "disk full")], reason: "the store cannot be written: disk full")
  }

  static func logs() -> ReadLogs.Reply {
    var reply = ReadLogs.Reply(position: 1, at: at, stream: .stdout, bytes: Array("a".utf8), isPartial: true)
    reply.base64 = "YQ=="
    reply.droppedBytes = 1
    return reply
  }

  static func explanation() throws -> Explanation {
    Explanation(
      nominalAt: at, lastAt: at + .seconds(1), count: 2, outcome: .coalesced, job: try job(), decidedAt: at,
      reason: .decision(.coalesced))
  }

  static func statistics() -> Statistics {
    var statistics = Statistics(from: at - .seconds(60), until: at)
    statistics.add(
      status: .completed, completedAt: at - .seconds(28), duration: .seconds(1), startDelay: .seconds(1))
    return statistics
  }

  private static func required<Value>(_ value: Value?) throws -> Value {
    guard let value else { throw MalformedMessage(reason: "a sample is nil") }
    return value
  }
}
