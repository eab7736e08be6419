internal import TactusModel
internal import TactusPorts
internal import TactusProtocol
internal import TactusScheduler
internal import TactusStore
internal import TactusTransport
internal import TactusUnitFile

/// Does what clients ask for: one short method for each operation, all of which answer later.
struct ControlHandler: CallHandler {
  let scheduling: SchedulingWorker
  let archive: Archive
  let output: any OutputReader
  let health: Health
  let limits: [QueueName: QueueLimits]
  let startedAt: Instant
  let processID: Int
  /// Reads the files again.
  let reload: @Sendable (@escaping @Sendable (Result<Reload.Reply, LedgerFailure>) -> Void) -> Void

  func handle(_ call: Call, from peer: Peer, reply: ReplyPort) {
    do {
      try perform(Operation(call), for: peer, reply)
    } catch {
      reply.fail(error)
    }
  }

  private func perform(_ operation: Operation, for peer: Peer, _ reply: ReplyPort) throws(CallFailure) {
    switch operation {
    case .describeService(let request): reply.answer(request, with: .init(version: Product.version))
    case .getInterfaceDescription(let request): reply.answer(request, with: try request.answer())
    case .describe(let request): describe(request, reply)
    case .reload(let request): reloadFiles(request, peer, reply)
    case .applyWorkflow(let request): try apply(request, peer, reply)
    case .getWorkflow(let request): try get(request, reply)
    case .listWorkflows(let request): try list(request, reply)
    case .runWorkflow(let request): try run(request, peer, reply)
    case .terminateWorkflow(let request): try terminate(request, peer, reply)
    case .resumeWorkflow(let request): try resume(request, peer, reply)
    case .getJob(let request): try get(request, reply)
    case .listJobs(let request): try list(request, reply)
    case .cancelJobs(let request): try cancel(request, peer, reply)
    case .readLogs(let request): try readLogs(request, reply)
    }
  }

  // MARK: The daemon

  private func describe(_ request: Describe, _ reply: ReplyPort) {
    archive.census { result in
      answer(request, reply, result) { census in
        Describe.Reply(
          version: Product.version, pid: processID, startedAt: startedAt, state: health.daemonState,
          jobs: JobCounts(census.jobs),
          queues: limits.sorted { $0.key < $1.key }.map { name, limits in
            let counts = census.queues[name]
            return WireQueue(name: name, running: counts?.running ?? 0, queued: counts?.queued ?? 0, limits: limits)
          },
          workflows: WorkflowCounts(active: census.activeWorkflows, terminated: census.terminatedWorkflows),
          storeID: census.storeID, storeBytes: census.storeBytes, nextDue: census.nextDue,
          lastErrors: health.incidents)
      }
    }
  }

  private func reloadFiles(_ request: Reload, _ peer: Peer, _ reply: ReplyPort) {
    note("reload", peer)
    reload { result in answer(request, reply, result) { $0 } }
  }

  // MARK: Workflows

  private func apply(_ request: ApplyWorkflow, _ peer: Peer, _ reply: ReplyPort) throws(CallFailure) {
    let name = try name(request.name)
    let definition: Definition
    switch WorkflowFile.read(text: request.definition, name: name, queues: Set(limits.keys)) {
    case .success(let read): definition = read
    case .failure(let failure): throw .invalid(field: "definition", reason: failure.description)
    }
    let isDryRun = request.dryRun ?? false
    if !isDryRun { note("apply \(name)", peer, name) }
    scheduling.apply(definition, to: name, dryRun: isDryRun) { result in
      answer(request, reply, result) { applied in
        var runs: [Instant] = []
        if let next = applied.nextAt, let grid = applied.grid { runs = (0..<5).map { grid.instant($0, from: next) } }
        let difference = DefinitionDifference(from: applied.previous ?? "", to: definition.canonical)
        return ApplyWorkflow.Reply(
          effect: ApplyEffect(applied.effect), generation: applied.generation,
          differences: applied.effect == .unchanged ? [] : difference.lines, nextRuns: runs)
      }
    }
  }

  private func get(_ request: GetWorkflow, _ reply: ReplyPort) throws(CallFailure) {
    archive.workflow(try name(request.name)) { result in
      answer(request, reply, result) { .init(workflow: WireWorkflow($0, withDefinition: true)) }
    }
  }

  private func list(_ request: ListWorkflows, _ reply: ReplyPort) throws(CallFailure) {
    let limit = try pageLimit(request.limit)
    var after: WorkflowName?
    if let text = request.cursor {
      guard let cursor = Cursor(text, of: .workflows), let name = WorkflowName(cursor.position) else {
        throw Self.foreignCursor
      }
      after = name
    }
    // One more than asked for says whether there is another page.
    archive.workflows(state: request.state, after: after, limit: limit + 1) { result in
      answer(request, reply, result) { rows in
        let page = rows.prefix(limit)
        let next = rows.count > limit ? page.last.map { Cursor(.workflows, position: $0.name.text).description } : nil
        return .init(workflows: page.map { WireWorkflow($0, withDefinition: false) }, nextCursor: next)
      }
    }
  }

  private func run(_ request: RunWorkflow, _ peer: Peer, _ reply: ReplyPort) throws(CallFailure) {
    let name = try name(request.name)
    var at: Instant?
    if let text = request.scheduledAt {
      guard let instant = Instant(rfc3339: text) else {
        throw .invalid(
          field: "scheduled_at",
          reason: "'\(text)' is not RFC 3339 with an offset; write 2026-12-01T03:00:00Z or 2026-12-01T04:00:00+01:00")
      }
      at = instant
    }
    note("run \(name)", peer, name)
    scheduling.run(name, at: at) { result in
      answer(request, reply, result) { .init(jobID: $0.description) }
    }
  }

  private func terminate(_ request: TerminateWorkflow, _ peer: Peer, _ reply: ReplyPort) throws(CallFailure) {
    let name = try name(request.name)
    note("terminate \(name)", peer, name)
    scheduling.terminate(name, cancelRunning: request.cancelRunning ?? false) { result in
      answer(request, reply, result) { _ in Done() }
    }
  }

  private func resume(_ request: ResumeWorkflow, _ peer: Peer, _ reply: ReplyPort) throws(CallFailure) {
    let name = try name(request.name)
    note("resume \(name)", peer, name)
    scheduling.resume(name) { result in answer(request, reply, result) { _ in Done() } }
  }

  // MARK: Parts

  func name(_ text: String) throws(CallFailure) -> WorkflowName {
    guard let name = WorkflowName(text) else {
      throw .invalid(field: "name", reason: "'\(text.prefix(80))' is not a workflow's name: \(WorkflowName.rule)")
    }
    return name
  }

  func pageLimit(_ limit: Int?) throws(CallFailure) -> Int {
    guard let limit else { return 50 }
    guard (1...1000).contains(limit) else {
      throw .invalid(field: "limit", reason: "\(limit) is not within 1 … 1000")
    }
    return limit
  }

  static let foreignCursor = CallFailure.invalid(
    field: "cursor", reason: "is not one that this list gave; begin again without a cursor")

  /// Every change is told with who asked for it.
  func note(_ what: String, _ peer: Peer, _ workflow: WorkflowName? = nil) {
    health.tell(
      JournalEntry(
        .info, "\(what), asked for by uid \(peer.uid) (pid \(peer.pid))",
        fields: workflow.map { ["TACTUS_WORKFLOW": $0.text] } ?? [:]))
  }

  func answer<R: TactusProtocol.Request, Value>(
    _ request: R, _ reply: ReplyPort, _ result: Result<Value, LedgerFailure>, _ body: (Value) -> R.Reply
  ) {
    switch result {
    case .success(let value): reply.answer(request, with: body(value))
    case .failure(let failure): reply.fail(CallFailure(failure))
    }
  }
}

extension CallFailure {
  /// What the ledger refused, as the interfaces say it.
  init(_ failure: LedgerFailure) {
    switch failure {
    case .notFound(let entity, let id): self = .notFound(entity: entity, id: id)
    case .conflict(let reason): self = .conflict(reason: reason)
    case .invalid(let field, let reason): self = .invalid(field: field, reason: reason)
    case .unavailable(let reason): self = .unavailable(reason: reason)
    }
  }
}

extension ApplyEffect {
  init(_ effect: Applied.Effect) {
    switch effect {
    case .created: self = .created
    case .changed: self = .changed
    case .unchanged: self = .unchanged
    }
  }
}
