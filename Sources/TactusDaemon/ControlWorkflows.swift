internal import TactusModel
internal import TactusPorts
internal import TactusProtocol
internal import TactusScheduler
internal import TactusStore
internal import TactusTransport
internal import TactusUnitFile

/// The operations on workflows.
extension ControlHandler {
  func apply(_ request: ApplyWorkflow, _ peer: Peer, _ reply: ReplyPort) throws(CallFailure) {
    let name = try name(request.name)
    let definition: Definition
    switch WorkflowFile.read(text: request.definition, name: name, queues: Set(limits.keys)) {
    case .success(let read): definition = read
    case .failure(let failure): throw .invalid(field: "definition", reason: failure.description)
    }
    reloading.hasFile(of: name) { hasFile in
      guard hasFile else { return apply(definition, request, to: name, peer, reply) }
      // Made over the socket, it would be in the way of its file. One that is there has its owner already.
      quickTurns.take(for: peer.uid) { done in
        archive.workflow(name) { known in
          done()
          if case .failure(.notFound) = known {
            return reply.fail(
              .conflict(
                reason:
                  "workflows/\(name).workflow is the daemon's own file, and not in force yet: tactusctl reload reads it; "
                  + "to define \(name) with apply, move that file away"))
          }
          apply(definition, request, to: name, peer, reply)
        }
      }
    }
  }

  private func apply(
    _ definition: Definition, _ request: ApplyWorkflow, to name: WorkflowName, _ peer: Peer, _ reply: ReplyPort
  ) {
    let isDryRun = request.dryRun ?? false
    scheduling.apply(definition, to: name, dryRun: isDryRun) { result in
      if !isDryRun {
        note("apply \(name)", peer, result, workflow: name) { applied in
          switch applied.effect {
          case .created: .workflowCreated
          case .changed: .workflowChanged
          case .unchanged: nil
          }
        }
      }
      // Looked for when the change is made already: a disk that is slow to answer delays nothing but this answer.
      reloading.warnings(of: definition, file: "\(name).workflow") { warnings in
        answer(request, reply, result) { applied in
          var runs: [Instant] = []
          if let next = applied.nextAt, let grid = applied.grid { runs = (0..<5).map { grid.instant($0, from: next) } }
          let difference = DefinitionDifference(from: applied.previous ?? "", to: definition.canonical)
          return ApplyWorkflow.Reply(
            effect: ApplyEffect(applied.effect), generation: applied.generation,
            differences: applied.effect == .unchanged ? [] : difference.lines, nextRuns: runs,
            warnings: warnings.map { WireProblem($0) }, terminated: applied.isTerminated)
        }
      }
    }
  }

  func get(_ request: GetWorkflow, _ peer: Peer, _ right: Right, _ reply: ReplyPort) throws(CallFailure) {
    let name = try name(request.name)
    if request.definition == true, right < .read { throw refuse("the definition of \(name)", for: .read, peer) }
    let withDefinition = request.definition ?? (right >= .read)
    quickTurns.take(for: peer.uid) { done in
      quick.workflow(name) { result in
        done()
        answer(request, reply, result, for: right) { .init(workflow: WireWorkflow($0, withDefinition: withDefinition)) }
      }
    }
  }

  func list(_ request: ListWorkflows, _ peer: Peer, _ reply: ReplyPort) throws(CallFailure) {
    let limit = try pageLimit(request.limit)
    var after: WorkflowName?
    if let text = request.cursor {
      guard let cursor = Cursor(text, of: .workflows), let name = WorkflowName(cursor.position) else {
        throw Self.foreignCursor
      }
      after = name
    }
    // One more than asked for says whether there is another page.
    quickTurns.take(for: peer.uid) { [after] done in
      quick.workflows(state: request.state, after: after, limit: limit + 1) { result in
        done()
        answer(request, reply, result) { rows in
          let page = rows.prefix(limit)
          let next =
            rows.count > limit ? page.last.map { Cursor(.workflows, position: $0.name.text).description } : nil
          return .init(workflows: page.map { WireWorkflow($0, withDefinition: false) }, nextCursor: next)
        }
      }
    }
  }

  func run(_ request: RunWorkflow, _ peer: Peer, _ reply: ReplyPort) throws(CallFailure) {
    let name = try name(request.name)
    var start = RunRequest.Start.now
    if let text = request.scheduledAt { start = .at(try instant(text, field: "scheduled_at")) }
    if request.hold == true {
      guard request.scheduledAt == nil else {
        throw .invalid(field: "hold", reason: "a held job has no time yet: give hold or scheduled_at")
      }
      start = .held
    }
    if let key = request.idempotencyKey, !(1...Limits.idempotencyKeyBytes).contains(key.utf8.count) {
      throw .invalid(
        field: "idempotency_key", reason: "\(key.utf8.count) bytes: give 1 to \(Limits.idempotencyKeyBytes)")
    }
    scheduling.run(RunRequest(name, start: start, idempotencyKey: request.idempotencyKey)) { result in
      // A failure made no job.
      note("run \(name)", peer, result, workflow: name, job: try? result.get()) { _ in .jobRequested }
      answer(request, reply, result, for: .admin) { .init(jobID: $0.description) }
    }
  }

  func terminate(_ request: TerminateWorkflow, _ peer: Peer, _ reply: ReplyPort) throws(CallFailure) {
    let name = try name(request.name)
    scheduling.terminate(name, cancelRunning: request.cancelRunning ?? false) { result in
      note("terminate \(name)", peer, result, workflow: name) { _ in .workflowTerminated }
      answer(request, reply, result, for: .admin) { _ in Done() }
    }
  }

  func resume(_ request: ResumeWorkflow, _ peer: Peer, _ reply: ReplyPort) throws(CallFailure) {
    let name = try name(request.name)
    scheduling.resume(name) { result in
      note("resume \(name)", peer, result, workflow: name) { _ in .workflowResumed }
      answer(request, reply, result, for: .admin) { _ in Done() }
    }
  }

  /// A file would bring the name back with the next reload: it has to go first.
  func delete(_ request: DeleteWorkflow, _ peer: Peer, _ reply: ReplyPort) throws(CallFailure) {
    let name = try name(request.name)
    reloading.hasFile(of: name) { hasFile in
      guard !hasFile else {
        return reply.fail(
          .conflict(reason: "the file workflows/\(name).workflow is there: remove it, reload, and try again"))
      }
      scheduling.delete(name) { result in
        note("delete \(name)", peer, result, workflow: name) { _ in .workflowDeleted }
        answer(request, reply, result, for: .admin) { _ in Done() }
      }
    }
  }
}
