internal import TactusModel
internal import TactusPorts
internal import TactusProtocol
internal import TactusUnitFile

/// The calls about workflows: each has one reply, on any queue.
///
/// The right of the caller was checked before. Names and values are checked at once, and an error is thrown. Everything
/// else is answered later.
///
/// - A query takes a quick turn of the caller's user. If the disk is silent, it is answered with `Unavailable`.
/// - A change takes no quick or slow turn. It is answered after the commit that makes it durable. A refusal has changed
///   nothing.
/// - A change is made also for a client that has left. Only its reply is dropped.
/// - A change that the planner made or refused is logged once, with the uid and pid of the caller, before the reply.
/// - Before the daemon is ready and once a stop has begun, the planner refuses all of these changes with `Unavailable`.
/// - A missing workflow is answered with `NotFound`. It has a reason if a file of that name exists.
extension ControlAPI {
  /// Creates or edits a workflow of the socket; never starts a job.
  ///
  /// With `dry_run` the reply is the same, but nothing is changed or logged. The steps are:
  ///
  /// - The definition is read at once. It may name only queues that are in force.
  /// - The daemon checks for the file of the name, in the user's turn of such checks.
  /// - If the file exists, the workflow is looked up. If the ledger has no workflow of that name, the call is refused
  ///   with `Conflict` and not logged.
  /// - If the look-up fails, the call fails with its error: a workflow of an unknown owner is not created.
  /// - In all other cases the planner decides.
  ///
  /// The planner refuses with `Conflict` if a file defines the workflow, even if that file was removed.
  ///
  /// - Throws: `Invalid` with the field `name`, or with `definition`. The reason of the latter has one problem per
  ///   line.
  func apply(_ call: Exchange<ApplyWorkflow>) throws(CallFailure) {
    let name = try name(call.request.name)
    let definition: Definition
    switch WorkflowFile.read(text: call.request.definition, name: name, queues: Set(queues.all.keys)) {
    case .success(let read): definition = read
    case .failure(let failure): throw .invalid(field: "definition", reason: failure.description)
    }
    files.hasFile(of: name, for: call.principal.user) { hasFile in
      guard hasFile else { return apply(definition, to: name, call) }
      // A workflow created over the socket would block its file. An existing one already has its owner.
      quickTurns.take(for: call.principal.user) { done in
        quick.workflow(name) { known in
          done()
          switch known {
          case .success: apply(definition, to: name, call)
          case .failure(.notFound):
            call.fail(
              .conflict(
                reason:
                  "The file workflows/\(name).workflow exists and is not loaded yet. Run tactusctl reload to load it, or move "
                  + "it away to define \(name) with apply."))
          case .failure(let refusal): call.fail(CallFailure(refusal))
          }
        }
      }
    }
  }

  /// Has the planner apply a definition, then collects its warnings, and answers.
  ///
  /// The change is durable and logged before the paths of the definition are examined. So a path that does not answer
  /// delays only this reply. A refusal waits for the examination also. A definition that is equal is not logged.
  ///
  /// - `differences` compares canonical texts, so comments never appear. It is empty if the effect is `unchanged`. For
  ///   a new workflow every line is added.
  /// - `next_runs` has the planned instant and the four grid instants after it. It is empty without a schedule, and for
  ///   a terminated workflow. Instants that a person skipped are not left out.
  /// - `generation` is the one in force after the change. A dry run returns the one that the change would create.
  ///
  /// - Parameters:
  ///   - definition: was read with the queues in force.
  ///   - name: has no file, or names an existing workflow.
  ///   - call: is answered once, with the reply or with the refusal of the planner.
  private func apply(_ definition: Definition, to name: WorkflowName, _ call: Exchange<ApplyWorkflow>) {
    let isDryRun = call.request.dryRun ?? false
    planning.apply(definition, to: name, dryRun: isDryRun) { result in
      if !isDryRun {
        note("apply \(name)", call.principal, result, workflow: name) { applied in
          switch applied.effect {
          case .created: .workflowCreated
          case .changed: .workflowChanged
          case .unchanged: nil
          }
        }
      }
      // After the change, so that a slow disk delays only this answer.
      files.warnings(of: definition, for: name) { warnings in
        answer(call, result) { applied in
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

  /// Answers one workflow, with its definition if the caller wants it and may read it.
  ///
  /// All users may call it. If `definition` is absent, callers with the right `read` get it. Without the definition the
  /// reply also lacks the error of the image, whatever the right is.
  ///
  /// A deleted workflow is `NotFound`. A row that cannot be read is a `Conflict` that names the row.
  ///
  /// - Throws: `Invalid` with the field `name`. `Forbidden` if the definition is requested without the right `read`,
  ///   which is logged.
  func get(_ call: Exchange<GetWorkflow>) throws(CallFailure) {
    let name = try name(call.request.name)
    let mayRead = call.principal.right >= .read
    if call.request.definition == true, !mayRead {
      throw refuse("the definition of \(name)", for: .read, call.principal)
    }
    let withDefinition = call.request.definition ?? mayRead
    quickTurns.take(for: call.principal.user) { done in
      quick.workflow(name) { result in
        done()
        answer(call, result) { .init(workflow: WireWorkflow($0, withDefinition: withDefinition)) }
      }
    }
  }

  /// Answers a page of workflows in the order of their names, without their definitions.
  ///
  /// A page has at most `limit` rows: 1 … 1000, and 50 if absent. Names are compared byte by byte. The cursor holds the
  /// last name of the page, and the next page begins after it. So pages have no repeats, and stay valid if that
  /// workflow is deleted.
  ///
  /// The cursor does not hold the filter. The client sends `state` again with each page. Deleted workflows and rows
  /// that cannot be read are left out.
  ///
  /// - Throws: `Invalid` with the field `limit`, or with `cursor` for a text that is not a cursor of this list.
  func list(_ call: Exchange<ListWorkflows>) throws(CallFailure) {
    let limit = try pageLimit(call.request.limit)
    var after: WorkflowName?
    if let text = call.request.cursor {
      guard let cursor = Cursor(text, of: .workflows), let name = WorkflowName(cursor.position) else {
        throw Self.foreignCursor
      }
      after = name
    }
    // One more than requested shows whether there is another page.
    quickTurns.take(for: call.principal.user) { [after] done in
      quick.workflows(state: call.request.state, after: after, limit: limit + 1) { result in
        done()
        answer(call, result) { rows in
          let page = rows.prefix(limit)
          let next =
            rows.count > limit ? page.last.map { Cursor(.workflows, position: $0.name.text).description } : nil
          return .init(workflows: page.map { WireWorkflow($0, withDefinition: false) }, nextCursor: next)
        }
      }
    }
  }

  /// Creates a MANUAL job, and answers with its id after the commit.
  ///
  /// The job starts now, at `scheduled_at`, or is held until it gets a time. The reply does not show whether it has
  /// started. A terminated workflow also accepts such jobs.
  ///
  /// The planner gets the request before this method returns. So the calls of a connection that overlap keep their
  /// order, and may share a commit.
  ///
  /// A repeated request with the same key is answered with the first job, and logged again. The key belongs to all
  /// users. The planner refuses:
  ///
  /// - `Invalid` with `scheduled_at`, unless the instant is at most 60 s in the past and five years ahead, by its own
  ///   clock.
  /// - `Conflict` if the key was used for another request.
  /// - `NotFound` if no workflow has the name.
  ///
  /// - Throws: `Invalid` with the field `name`, `scheduled_at`, `hold` or `idempotency_key`. An instant is RFC 3339
  ///   with an offset. `hold` excludes `scheduled_at`. A key has 1 … 255 bytes of UTF-8.
  func run(_ call: Exchange<RunWorkflow>) throws(CallFailure) {
    let name = try name(call.request.name)
    var start = RunRequest.Start.now
    if let text = call.request.scheduledAt { start = .at(try instant(text, field: "scheduled_at")) }
    if call.request.hold == true {
      guard call.request.scheduledAt == nil else {
        throw .invalid(field: "hold", reason: "a held job has no time yet. Give either hold or scheduled_at.")
      }
      start = .held
    }
    if let key = call.request.idempotencyKey, !(1...Limits.idempotencyKeyBytes).contains(key.utf8.count) {
      throw .invalid(
        field: "idempotency_key",
        reason: "the key has \(key.utf8.count) bytes. Give 1 to \(Limits.idempotencyKeyBytes).")
    }
    planning.run(RunRequest(name, start: start, idempotencyKey: call.request.idempotencyKey)) { result in
      // A failure created no job.
      note("run \(name)", call.principal, result, workflow: name, job: try? result.get()) { _ in .jobRequested }
      answer(call, result) { .init(jobID: $0.description) }
    }
  }

  /// Stops planning a workflow, and with `cancel_running` stops its claimed and running jobs.
  ///
  /// Automatic jobs that are planned or wait for a slot are withdrawn. MANUAL jobs that are not claimed stay.
  ///
  /// The reply means that the reasons to stop are durable. The processes may still run: `Jobs.Wait` reports their end.
  /// A workflow that is already terminated is no error. Its running jobs can still be stopped in this way.
  ///
  /// - Throws: `Invalid` with the field `name`.
  func terminate(_ call: Exchange<TerminateWorkflow>) throws(CallFailure) {
    let name = try name(call.request.name)
    planning.terminate(name, cancelRunning: call.request.cancelRunning ?? false) { result in
      note("terminate \(name)", call.principal, result, workflow: name) { _ in .workflowTerminated }
      answer(call, result) { _ in Done() }
    }
  }

  /// Has a terminated workflow plan again, from its first free instant after now.
  ///
  /// The count of failures becomes 0, and no job is released. An ACTIVE workflow stays unchanged, which is no error but
  /// is logged. The planner refuses with `Conflict` if the file of the workflow was removed: only its return resumes
  /// the workflow.
  ///
  /// - Throws: `Invalid` with the field `name`.
  func resume(_ call: Exchange<ResumeWorkflow>) throws(CallFailure) {
    let name = try name(call.request.name)
    planning.resume(name) { result in
      note("resume \(name)", call.principal, result, workflow: name) { _ in .workflowResumed }
      answer(call, result) { _ in Done() }
    }
  }

  /// Deletes a terminated workflow, which frees its name; its jobs stay.
  ///
  /// The file must be removed first: the next reload would create the workflow again. The daemon checks for it in the
  /// user's turn of such checks. If it exists, the call is refused with `Conflict` and not logged. A file that is
  /// written between the check and the deletion is not noticed.
  ///
  /// The planner refuses with `Conflict` unless the workflow is terminated and all its jobs have ended.
  ///
  /// - Throws: `Invalid` with the field `name`.
  func delete(_ call: Exchange<DeleteWorkflow>) throws(CallFailure) {
    let name = try name(call.request.name)
    files.hasFile(of: name, for: call.principal.user) { hasFile in
      guard !hasFile else {
        return call.fail(
          .conflict(
            reason: "The file workflows/\(name).workflow exists. Remove it, run tactusctl reload, then try again."))
      }
      planning.delete(name) { result in
        note("delete \(name)", call.principal, result, workflow: name) { _ in .workflowDeleted }
        answer(call, result) { _ in Done() }
      }
    }
  }
}
