import TactusFuzzing
import TactusModel
import TactusProtocol
import TactusTransport

/// The answers of the canned daemon.
enum Canned {
  static func answer(_ operation: TactusFuzzing.Operation, _ reply: ReplyPort) throws(CallFailure) {
    switch operation {
    case .describeService(let request): reply.answer(request, with: DescribeService.Reply(version: Product.version))
    case .getInterfaceDescription(let request): reply.answer(request, with: try request.answer())
    case .describe(let request): reply.answer(request, with: description)
    case .examine(let request):
      reply.answer(
        request,
        with: Examine.Reply(diagnoses: [
          Diagnosis("clock", .ok, "is synchronized"),
          Diagnosis("cgroups", .warning, "have no controllers", cure: "Delegate=yes in the unit"),
          Diagnosis("disk", .problem, "is full", cure: "make room"),
        ]))
    case .listProviders(let request):
      let local = Provider(name: .local, endpoint: .unix("/run/podman/podman.sock"))
      let far = ProviderName("far").map {
        Provider(
          name: $0, endpoint: .tcp(host: "engine", port: 2376, tls: nil), capabilities: ["gpu", "big"], maxRunning: 8
        )
      }
      let reports = [
        far.map { ProviderReport(provider: $0, state: .aside, running: 0, lastError: "no connection to engine:2376") },
        ProviderReport(provider: local, state: .live, running: 3),
      ]
      reply.answer(
        request, with: ListProviders.Reply(providers: reports.compactMap { $0.map { WireProvider($0, for: .admin) } }))
    case .reload(let request):
      reply.answer(
        request,
        with: Reload.Reply(
          loaded: 3, workflows: 2, created: names("new"), changed: names("nightly"), removed: [],
          problems: [WireProblem(file: "bad.workflow", line: 3, message: "there is no key Intervall")],
          warnings: [WireProblem(file: "tactusd.conf", line: 0, message: "waits for the next start")],
          autoRunner: .systemd, queues: [QueueName(builtIn: .command)]))
    case .applyWorkflow(let request):
      if request.definition.contains("Conflict") {
        throw .conflict(reason: "a file owns \(request.name); edit that, or remove it and reload")
      }
      reply.answer(
        request,
        with: ApplyWorkflow.Reply(
          effect: .changed, generation: 2, differences: ["-[Schedule] Interval=1h", "+[Schedule] Interval=2h"],
          nextRuns: [at(240)],
          warnings: [WireProblem(file: "nightly.workflow", line: 3, message: "Exec=/x is not there")]))
    case .getWorkflow(let request):
      guard request.name == "nightly" else { throw .notFound(entity: "workflow", id: request.name) }
      reply.answer(request, with: GetWorkflow.Reply(workflow: WireWorkflow(workflow("nightly"), withDefinition: true)))
    case .listWorkflows(let request): reply.answer(request, with: page(request))
    case .runWorkflow(let request):
      if request.name == "forbidden" { throw .forbidden(action: "run needs admin, which root has") }
      reply.answer(request, with: RunWorkflow.Reply(jobID: ids[0]))
    case .terminateWorkflow(let request):
      guard request.name == "nightly" else { throw .notFound(entity: "workflow", id: request.name) }
      reply.answer(request, with: Done())
    case .resumeWorkflow(let request):
      guard request.name != "full" else { throw .unavailable(reason: "the disk is full; make room") }
      reply.answer(request, with: Done())
    case .getJob(let request):
      if let name = request.workflow {
        // The running job is the newest: the waiting one was created later, but has not begun.
        guard ["nightly", "deface"].contains(name) else { throw .notFound(entity: "workflow", id: name) }
        return reply.answer(request, with: GetJob.Reply(job: jobs[1]))
      }
      let id = request.id ?? ""
      guard let job = jobs.first(where: { $0.id.hasSuffix(id) }) else { throw .notFound(entity: "job", id: id) }
      reply.answer(request, with: GetJob.Reply(job: job))
    case .listJobs(let request): reply.answer(request, with: page(request))
    case .cancelJobs(let request):
      let results = request.ids.map { id in
        CancelResult(
          id: ids.first { $0.hasSuffix(id) } ?? id,
          failure: ids.contains { $0.hasSuffix(id) } ? nil : .notFound(entity: "job", id: id))
      }
      reply.answer(request, with: CancelJobs.Reply(results: results))
    case .readLogs(let request) where request.id == "facade":
      let many = (1...20_000).map {
        ReadLogs.Reply(
          position: Int64($0), at: at(0), stream: .stdout, bytes: Array("line \($0)".utf8), isPartial: false)
      }
      sendSome(many[...], request, reply)
    case .readLogs(let request) where request.id == "decade":
      let pieces: [(LogStream, [UInt8], Bool)] = [
        (.stdout, Array("one ".utf8) + [0xC3], true), (.stdout, [0xA9, 0xC2], true),
        (.stderr, Array("err".utf8), false),
        (.stdout, [0x9B], true), (.stdout, Array("31m".utf8), false), (.stderr, [0xE2, 0x82], true),
      ]
      let lines = pieces.map { stream, bytes, isPartial in
        ReadLogs.Reply(position: 1, at: at(0), stream: stream, bytes: bytes, isPartial: isPartial)
      }
      reply.send(lines, to: request) { _ in reply.answer(request, with: ReadLogs.Reply(droppedBytes: 0)) }
    case .readLogs(let request):
      reply.send(lines, to: request) { _ in reply.answer(request, with: ReadLogs.Reply(droppedBytes: 1536)) }
    default: try answerMore(operation, reply)
    }
  }

  private static func page(_ request: ListJobs) -> ListJobs.Reply {
    let wanted = jobs.filter { job in
      request.status.map { $0.contains { job.status == $0 } } ?? true
        && request.trigger.map { job.trigger == $0 } ?? true
    }
    let isLast = request.cursor != nil || request.limit ?? 50 > wanted.count
    return ListJobs.Reply(jobs: wanted, nextCursor: isLast ? nil : "am9iczo0Mg==")
  }

  /// Sends a thousand lines at a time, as fast as the caller reads them.
  private static func sendSome(_ lines: ArraySlice<ReadLogs.Reply>, _ request: ReadLogs, _ reply: ReplyPort) {
    guard !lines.isEmpty else { return reply.answer(request, with: ReadLogs.Reply(droppedBytes: 0)) }
    reply.send(Array(lines.prefix(1000)), to: request) { _ in sendSome(lines.dropFirst(1000), request, reply) }
  }

  static func at(_ seconds: Double) -> Instant { CannedDaemon.now + .milliseconds(Int64(seconds * 1000)) }

  static func names(_ texts: String...) -> [WorkflowName] { texts.compactMap { WorkflowName($0) } }

  static let ids = [
    "01932c07-a0b0-7123-8123-456789abcdef", "01932c07-a0b0-7123-8123-4567deadbeef",
    "01932c07-a0b0-7123-8123-45670badf00d", "01932c07-a0b0-7123-8123-45671cebabe5",
  ]

  static let description = Describe.Reply(
    version: "0.1.0", pid: 4711, startedAt: at(-7200), state: .degraded,
    jobs: JobCounts([.pending: 2, .running: 1, .completed: 120, .failed: 4]),
    queues: [
      WireQueue(name: QueueName(builtIn: .command), running: 1, queued: 0, limits: QueueLimits(maxRunning: 4)),
      WireQueue(name: QueueName(builtIn: .heartbeat), running: 0, queued: 12, limits: QueueLimits(maxRunning: 256)),
    ],
    workflows: WorkflowCounts(active: 5, terminated: 1), storeID: "9f2c", storeBytes: 1_260_000, nextDue: at(4),
    lastErrors: [Incident(at: at(-65), message: "the store cannot be written: No space left on device")])

  static let lines: [ReadLogs.Reply] = [
    ReadLogs.Reply(position: 0 + 1, at: at(0), stream: .stdout, bytes: Array("plain é".utf8), isPartial: false),
    ReadLogs.Reply(
      position: 1 + 1, at: at(1), stream: .stderr, bytes: [0x1B, 0x5B, 0x33, 0x31, 0x6D, 0xFF], isPartial: false),
    ReadLogs.Reply(position: 2 + 1, at: at(2), stream: .stdout, bytes: Array("no newline".utf8), isPartial: true),
  ]

  static func workflow(_ name: String) -> Workflow {
    guard let name = WorkflowName(name) else { fatalError("\(name) is not a valid name") }
    return Workflow(
      id: WorkflowID(number: 1), name: name, kind: .command, text: "[Command]\nExec=/bin/true\n", generation: 3,
      origin: .socket, state: .active, terminatedReason: nil, consecutiveFailures: 1, maxConsecutiveFailures: 3,
      queue: QueueName(builtIn: .command), priority: 0, interval: .seconds(5400), anchorAt: at(-5160),
      nextAt: at(240), createdAt: at(-172_800), updatedAt: at(-3600), terminatedAt: nil, resumedAt: nil)
  }

  private static func page(_ request: ListWorkflows) -> ListWorkflows.Reply {
    guard request.cursor == nil else {
      var long = workflow("a-workflow-with-a-name-that-is-far-too-long-for-a-narrow-table-x")
      long.kind = .known(.heartbeat)
      long.state = .known(.terminated)
      long.terminatedReason = .known(.consecutiveFailures)
      long.consecutiveFailures = 3
      long.nextAt = nil
      long.interval = nil
      return ListWorkflows.Reply(workflows: [WireWorkflow(long, withDefinition: false)], nextCursor: nil)
    }
    return ListWorkflows.Reply(
      workflows: [WireWorkflow(workflow("nightly"), withDefinition: false)], nextCursor: "next")
  }

  static let jobs: [WireJob] = ids.enumerated().compactMap { index, id in
    JobID(id).map { WireJob(job($0, index)) }
  }

  static func job(_ id: JobID, _ index: Int) -> Job {
    let statuses: [(JobStatus, Phase?)] = [
      (.pending, .due), (.running, .running), (.completed, nil), (.failed, nil),
    ]
    let (status, phase) = statuses[index]
    var job = Job(
      id: id, workflow: WorkflowName("nightly"), kind: .command, queue: QueueName(builtIn: .command), priority: 0,
      trigger: index == 2 ? .manual : .automatic, status: status, phase: phase, wait: phase == .due ? .overlap : nil,
      generation: 3, nominalAt: at(-60), scheduledAt: at(Double(-60 * index)), createdAt: at(-5460), queuedAt: nil,
      startedAt: nil, completedAt: nil, attempt: 1, errorCode: nil, errorMessage: nil, processID: nil, report: Report())
    guard index > 0 else { return job }
    job.startedAt = at(Double(-60 * index) + 0.004)
    guard index > 1 else {
      job.processID = 815
      return job
    }
    job.completedAt = at(Double(-60 * index) + 1.997)
    job.report.logBytes = 300
    guard index == 3 else { return job }
    job.errorCode = .known(.exitNonzero)
    job.errorMessage = "the program ended with code 7"
    job.report.exitCode = 7
    job.report.logDroppedBytes = 1536
    job.report.endedProcesses = 2
    job.report.cpuTime = .milliseconds(12)
    return job
  }
}
