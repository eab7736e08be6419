internal import TactusModel
internal import TactusPorts
internal import TactusProtocol
internal import TactusRunners
internal import TactusScheduler
internal import TactusStore
internal import TactusTransport
internal import TactusUnitFile

/// Does what clients ask for: one short method for each operation, all of which answer later.
struct ControlHandler: CallHandler {
  let scheduling: SchedulingWorker
  /// For streams, which wait for a disk that is slow to answer.
  let archive: any LedgerReader
  /// For whoever asks once, and is answered whatever the disk does.
  let quick: any LedgerReader
  /// The same for what may take a while, so that it delays nothing that is quick.
  let slow: any LedgerReader
  let slowTurns = Turns()
  let quickTurns = Turns()
  let censuses = Censuses()
  let feed: EventFeed
  let output: any OutputReader
  let authority: Authority
  let submissions: Submissions
  let time: any TimeSource
  let health: Health
  let limits: [QueueName: QueueLimits]
  let startedAt: Instant
  let processID: Int
  let bootID: String
  let reloading: Reloading
  let containers: ContainerRunner
  let examination: Examination

  func handle(_ call: Call, from peer: Peer, reply: ReplyPort) {
    do {
      let right = try admit(call, from: peer)
      try perform(Operation(call), for: peer, right, reply)
    } catch {
      reply.fail(error)
    }
  }

  /// The right of the caller, if it is enough for the call.
  private func admit(_ call: Call, from peer: Peer) throws(CallFailure) -> Right {
    guard let right = authority.right(of: peer) else {
      throw .forbidden(action: "\(call.method): this daemon serves its own user and root only")
    }
    // Before the right is looked at: whoever may not submit may not try faster than others either.
    if right < .admin, call.method == RunWorkflow.method, let delay = submissions.delay(of: peer.uid) {
      throw .busy(retryAfterMs: Int((delay.microseconds + 999) / 1000))
    }
    guard let request = Operation.requests[call.method], right < request.right else { return right }
    throw refuse(call.method, for: request.right, peer)
  }

  /// A refusal is in the log, so that an operator sees who tried what.
  func refuse(_ what: String, for right: Right, _ peer: Peer) -> CallFailure {
    let refusal = authority.refusal(of: what, for: right)
    if let untold = submissions.refusal(of: peer.uid) {
      let others = untold > 0 ? " (and \(untold.counted("refusal")) before it, not told)" : ""
      health.tell(
        JournalEntry(
          .accessRefused, "refused to uid \(peer.uid) (pid \(peer.pid)): \(refusal.sentence)\(others)",
          fields: [.peerUID: "\(peer.uid)", .peerPID: "\(peer.pid)"]))
    }
    return refusal
  }

  private func perform(
    _ operation: Operation, for peer: Peer, _ right: Right, _ reply: ReplyPort
  ) throws(CallFailure) {
    switch operation {
    case .describeService(let request): reply.answer(request, with: .init(version: Product.version))
    case .getInterfaceDescription(let request): reply.answer(request, with: try request.answer())
    case .describe(let request): describe(request, peer, right, reply)
    case .reload(let request): reloadFiles(request, peer, reply)
    case .listProviders(let request):
      containers.report { reports in
        reply.answer(request, with: .init(providers: reports.map { WireProvider($0, for: right) }))
      }
    case .examine(let request): examination.run { reply.answer(request, with: .init(diagnoses: $0)) }
    case .applyWorkflow(let request): try apply(request, peer, reply)
    case .readEvents(let request): try readEvents(request, peer, reply)
    case .getWorkflow(let request): try get(request, peer, right, reply)
    case .listWorkflows(let request): try list(request, peer, reply)
    case .runWorkflow(let request): try run(request, peer, reply)
    case .terminateWorkflow(let request): try terminate(request, peer, reply)
    case .resumeWorkflow(let request): try resume(request, peer, reply)
    case .deleteWorkflow(let request): try delete(request, peer, reply)
    case .listUpcoming(let request): try listUpcoming(request, peer, right, reply)
    case .explainWorkflow(let request): try explain(request, peer, right, reply)
    case .readStatistics(let request): try readStatistics(request, peer, right, reply)
    case .getJob(let request): try get(request, peer, right, reply)
    case .listJobs(let request): try list(request, peer, right, reply)
    case .explainJob(let request): explain(request, peer, right, reply)
    case .waitForJobs(let request): try wait(request, right, reply)
    case .scheduleJob(let request): try schedule(request, peer, reply)
    case .cancelJobs(let request): try cancel(request, peer, reply)
    case .readLogs(let request): try readLogs(request, reply)
    }
  }

  // MARK: The daemon

  private func describe(_ request: Describe, _ peer: Peer, _ right: Right, _ reply: ReplyPort) {
    quickTurns.take(for: peer.uid) { done in
      quick.census { result in
        done()
        // A status screen is for the moments when something is wrong: what was known last is better than no answer.
        answer(request, reply, censuses.latest(result)) { description($0, for: right) }
      }
    }
  }

  private func description(_ census: Census, for right: Right) -> Describe.Reply {
    Describe.Reply(
      version: Product.version, pid: processID, startedAt: startedAt, state: health.daemonState,
      jobs: JobCounts(census.jobs),
      queues: limits.sorted { $0.key < $1.key }.map { name, limits in
        let counts = census.queues[name]
        return WireQueue(name: name, running: counts?.running ?? 0, queued: counts?.queued ?? 0, limits: limits)
      },
      workflows: WorkflowCounts(active: census.activeWorkflows, terminated: census.terminatedWorkflows),
      storeID: census.storeID, storeBytes: census.storeBytes, nextDue: census.nextDue,
      lastErrors: health.incidents(for: right), reason: health.trouble)
  }

  private func reloadFiles(_ request: Reload, _ peer: Peer, _ reply: ReplyPort) {
    reloading.reload(for: peer) { result in answer(request, reply, result) { $0 } }
  }

  // MARK: Parts

  func name(_ text: String) throws(CallFailure) -> WorkflowName {
    guard let name = WorkflowName(text) else {
      throw .invalid(field: "name", reason: "'\(text.excerpt)' is not a workflow's name: \(WorkflowName.rule)")
    }
    return name
  }

  func queue(_ text: String) throws(CallFailure) -> QueueName {
    if let name = QueueName(text), limits[name] != nil { return name }
    let names = limits.keys.sorted().map(\.text).joined(separator: ", ")
    throw .invalid(field: "queue", reason: "there is no queue '\(text.excerpt)': there are \(names)")
  }

  func instant(_ text: String, field: String) throws(CallFailure) -> Instant {
    if let instant = Instant(rfc3339: text) { return instant }
    throw .invalid(field: field, reason: "'\(text.excerpt)' is not \(Instant.rule)")
  }

  func pageLimit(_ limit: Int?, default fallback: Int = 50) throws(CallFailure) -> Int {
    guard let limit else { return fallback }
    guard (1...1000).contains(limit) else {
      throw .invalid(field: "limit", reason: "\(limit) is not within 1 … 1000")
    }
    return limit
  }

  static let foreignCursor = CallFailure.invalid(
    field: "cursor", reason: "is not one that this list gave; begin again without a cursor")

  /// Answers a call; of a workflow that is not there because of its file that is told, as far as the right goes.
  func answer<R: TactusProtocol.Request, Value>(
    _ request: R, _ reply: ReplyPort, _ result: Result<Value, LedgerFailure>, for right: Right = .look,
    _ body: (Value) -> R.Reply
  ) {
    switch result {
    case .success(let value): reply.answer(request, with: body(value))
    case .failure(.notFound("workflow", let id)):
      guard let name = WorkflowName(id) else { return reply.fail(.notFound(entity: "workflow", id: id)) }
      reloading.hasFile(of: name) { [health] hasFile in
        let reason = hasFile ? health.refusal(ofWorkflow: id, for: right) : nil
        reply.fail(.notFound(entity: "workflow", id: id, reason: reason))
      }
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

extension String {
  /// The beginning of what a client wrote, to be told in a message: some bytes, not some characters, because one character
  /// may be of any length.
  var excerpt: String {
    utf8.count <= 80 ? self : String(decoding: utf8.prefix(80), as: UTF8.self) + "…"
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
