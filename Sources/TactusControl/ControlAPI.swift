internal import TactusMessages
internal import TactusModel
public import TactusPorts
public import TactusProtocol

/// The API of the daemon: answers the calls of all interfaces, with one short method for each, now or later.
///
/// Any queue. It knows no socket, disk or thread. It asks ports, and answers through the channel of the call. Copies of
/// this value share the turns of users, their rates and the last known counts.
///
/// - Order: the transport passes on the calls of one connection in order, each after the previous one is answered. Only
///   calls of a method that may overlap do not wait for each other.
/// - Fairness: long queries wait in one line, single queries in another. Each line runs one read at a time, each user
///   in turn. Changes, followers and the output of jobs do not wait in a line.
/// - Memory: the API keeps no list of calls. A connection has at most one call in a line, or one stream, so the number
///   of connections bounds both.
/// - A client that leaves: its change is still made and logged, and its read still runs in its turn. Its stream ends.
///   The channel drops all its answers.
/// - A stop: the scheduling worker refuses all changes but `cancel` and `abandon`. ``EventFeed/close()`` ends the
///   followers. Queries are answered until the readers are closed.
public struct ControlAPI: Sendable {
  /// The scheduling worker, which makes the changes and answers when they are durable.
  let planning: any Planning
  /// The reader for streams; it waits for a slow disk without a time limit.
  ///
  /// Streams read through it without a turn.
  let archive: any LedgerReader
  /// The reader for single queries, which the daemon's refuses while the disk is silent.
  let quick: any LedgerReader
  /// The reader for long queries, with a queue of its own, so that they do not delay ``quick``.
  ///
  /// The daemon's also refuses while the disk is silent.
  let slow: any LedgerReader
  /// The stored output of jobs, for `Jobs.Logs`.
  let output: any OutputReader
  /// The new events, for `Daemon.Events`, `Jobs.Wait` and `Jobs.Logs`.
  let feed: EventFeed
  /// The parts that are neither the ledger nor a worker.
  let surroundings: Surroundings
  /// The facts about this daemon that replies contain.
  let identity: Identity
  /// All queues with their limits.
  let queues: QueueBook
  /// The clocks: wall-clock time for statistics and next runs, monotonic time for elapsed times and rates.
  let time: any TimeSource
  /// The rates of all users, for runs and for logged refusals.
  let submissions: Submissions
  /// The line of long queries: next runs, statistics, explanations of workflows, and each page of stored events.
  let slowTurns = Turns()
  /// The line of single queries: the status, lists, workflows, jobs, and explanations of jobs.
  ///
  /// `Workflows.Apply` also looks up here a workflow that has a file. The look-up of a job by the end of its id is not
  /// in this line.
  let quickTurns = Turns()
  /// The counts of the last status that the store answered.
  let censuses = Censuses()

  /// Creates an API without calls and without known counts.
  ///
  /// - Parameters:
  ///   - planning: makes the changes.
  ///   - readers: the readers of the ledger and of output, by kind of query.
  ///   - feed: the new events; its owner closes it.
  ///   - surroundings: the other parts of the daemon.
  ///   - identity: the facts that replies contain.
  ///   - queues: all queues; requests and definitions may name no other queue.
  ///   - submitRate: the runs per second of each user who is not an administrator, 1 … 1,000,000; twice as many at
  ///     once.
  ///   - time: the clocks.
  public init(
    planning: any Planning, readers: Readers, feed: EventFeed, surroundings: Surroundings, identity: Identity,
    queues: QueueBook, submitRate: Int, time: any TimeSource
  ) {
    (self.planning, self.feed, self.surroundings, self.identity) = (planning, feed, surroundings, identity)
    (archive, quick, slow, output) = (readers.archive, readers.quick, readers.slow, readers.output)
    (self.queues, self.time) = (queues, time)
    submissions = Submissions(rate: submitRate, time: time)
  }

  /// The files that define workflows.
  var files: any DefinitionFiles { surroundings.files }
  /// The state of the daemon, its last errors, and its log.
  var condition: any Condition { surroundings.condition }

  /// Answers a call exactly once through the channel; returns at once.
  ///
  /// Any queue. The parameters are read on the caller's queue, including the text of a definition. The answer is given
  /// there or later, on the queue of the part that was asked.
  ///
  /// The checks have this order, and the first failure is the answer:
  ///
  /// 1. `busy`, if the user may not run workflows and tries too fast.
  /// 2. `forbidden`, if the right of the method is missing. This is also logged.
  /// 3. The errors of `org.varlink.service` for an unknown method or interface, an upgrade, or a stream without `more`.
  /// 4. `methodNotImplemented`, if the method has no route. A test excludes this.
  /// 5. `invalidParameter` for the first parameter that is missing, unknown or of the wrong type.
  /// 6. The checks of the handler: `invalid` for a value, and the errors of the ledger.
  public func handle(_ call: Call, from principal: Principal, over channel: any ReplyChannel) {
    do throws(CallFailure) {
      try admit(call, from: principal)
      let method = try call.request().method
      guard let route = Route.named[method] else { throw .methodNotImplemented(method: method) }
      try route.answer(call, from: principal, over: channel, by: self)
    } catch {
      channel.fail(error)
    }
  }

  /// Refuses a call if the principal's right does not suffice, or its runs are too fast.
  ///
  /// The rate limits only `Workflows.Run`, and only users without the right `admin`. An unknown method passes, because
  /// it has an error of its own.
  ///
  /// - Throws: `busy` with the time to wait, rounded up to whole milliseconds; `forbidden` as ``refuse(_:for:_:)``
  ///   returns it.
  private func admit(_ call: Call, from principal: Principal) throws(CallFailure) {
    // Before the right is checked, so that users without it cannot try faster than others.
    if principal.right < .admin, call.method == RunWorkflow.method, let delay = submissions.delay(of: principal.user) {
      throw .busy(retryAfterMs: Int((delay.microseconds + 999) / 1000))
    }
    guard let request = Methods.named[call.method], principal.right < request.right else { return }
    throw refuse(call.method, for: request.right, principal)
  }

  /// Returns the error for a missing right, and logs it, so that an operator sees the user and the request.
  ///
  /// The log gets at most ten refusals of a user at once, then one per second. The next logged one counts those that
  /// were left out. Any queue.
  ///
  /// - Parameters:
  ///   - what: the refused method or part: `the definition of nightly`.
  ///   - right: the missing right; the error names the users that have it.
  /// - Returns: `forbidden`, whether it was logged or not.
  func refuse(_ what: String, for right: Right, _ principal: Principal) -> CallFailure {
    let refusal = CallFailure.forbidden(
      action: "\(what) needs the right \(right.rawValue), which \(surroundings.holders(right))")
    if let unreported = submissions.refusal(of: principal.user) {
      let others = unreported > 0 ? " (and \(unreported.counted("refusal")) before it, not logged)" : ""
      condition.report(
        JournalEntry(
          .accessRefused, "refused to \(principal.words): \(refusal.sentence)\(others)", all: principal.fields))
    }
    return refusal
  }

  // MARK: The daemon

  /// Answers with the product, its version and the names of its interfaces; reads nothing.
  func describe(_ call: Exchange<DescribeService>) { call.answer(.init(version: identity.version)) }

  /// Answers with the text of one interface's file; reads nothing.
  ///
  /// - Throws: `interfaceNotFound`.
  func describe(_ call: Exchange<GetInterfaceDescription>) throws(CallFailure) {
    call.answer(try call.request.answer())
  }

  /// Answers with the state of the daemon and its counts, after one quick read in the user's turn.
  ///
  /// If the store does not answer, the last known counts are returned. The call fails as `unavailable` only if there
  /// were no counts since the start.
  func describe(_ call: Exchange<Describe>) {
    quickTurns.take(for: call.principal.user) { done in
      quick.census { result in
        done()
        // Operators need the status when something is wrong: the last known counts are better than no answer.
        answer(call, censuses.latest(result)) { description($0, for: call.principal.right) }
      }
    }
  }

  /// Composes the status from counts, and from the state at this moment.
  ///
  /// The state, the reason and the last errors may be newer than the counts.
  ///
  /// - Returns: the status, with all queues of this daemon by name, and zeros for queues without jobs. Queues that it
  ///   no longer has are left out. Error messages are as the right allows.
  private func description(_ census: Census, for right: Right) -> Describe.Reply {
    Describe.Reply(
      version: identity.version, pid: identity.process, startedAt: identity.startedAt, state: condition.daemonState,
      jobs: JobCounts(census.jobs),
      queues: queues.all.sorted { $0.key < $1.key }.map { name, limits in
        let counts = census.queues[name]
        return WireQueue(name: name, running: counts?.running ?? 0, queued: counts?.queued ?? 0, limits: limits)
      },
      workflows: WorkflowCounts(active: census.activeWorkflows, terminated: census.terminatedWorkflows),
      storeID: census.storeID, storeBytes: census.storeBytes, nextDue: census.nextDue,
      lastErrors: condition.incidents(for: right), reason: condition.trouble)
  }

  /// Has all files read and applied again, and answers with the result.
  ///
  /// The files keep the turns of users, and log the reload with its principal. A reload continues if the client leaves.
  func reload(_ call: Exchange<Reload>) {
    files.reload(for: call.principal) { result in answer(call, result) { $0 } }
  }

  /// Answers with all container engines by name; the reason of a failure is only for the right `read`.
  ///
  /// The answer waits for the engines, which have no turns here: concurrent callers share one round of questions.
  func list(_ call: Exchange<ListProviders>) {
    surroundings.providers { reports in
      call.answer(.init(providers: reports.map { WireProvider($0, for: call.principal.right) }))
    }
  }

  /// Answers with the findings about the daemon's environment, without a turn.
  func examine(_ call: Exchange<Examine>) { surroundings.diagnoses { call.answer(.init(diagnoses: $0)) } }

  // MARK: Parts

  /// Reads the name of a workflow, which need not exist.
  ///
  /// - Parameter field: the parameter that the error names.
  /// - Throws: `invalid` for that field. The reason gives the rule.
  func name(_ text: String, field: String = "name") throws(CallFailure) -> WorkflowName {
    guard let name = WorkflowName(text) else {
      throw .invalid(field: field, reason: "'\(text.excerpt)' is not a workflow's name: \(WorkflowName.rule)")
    }
    return name
  }

  /// Reads the name of a queue that this daemon has.
  ///
  /// - Throws: `invalid` for the field `queue`, with the names of all queues in order.
  func queue(_ text: String) throws(CallFailure) -> QueueName {
    if let name = QueueName(text), queues[name] != nil { return name }
    let names = queues.all.keys.sorted().map(\.text).joined(separator: ", ")
    throw .invalid(field: "queue", reason: "there is no queue '\(text.excerpt)'. The queues are \(names).")
  }

  /// Reads an instant in RFC 3339 with an offset; its range is not checked.
  ///
  /// - Parameter field: the parameter that the error names.
  /// - Throws: `invalid` for that field, with the rule and an example.
  func instant(_ text: String, field: String) throws(CallFailure) -> Instant {
    if let instant = Instant(rfc3339: text) { return instant }
    throw .invalid(field: field, reason: "'\(text.excerpt)' is not \(Instant.rule)")
  }

  /// Returns the number of rows of a page: the requested one, or the default without a request.
  ///
  /// - Throws: `invalid` for the field `limit`, if it is not within 1 to 1000.
  func pageLimit(_ limit: Int?, default fallback: Int = 50) throws(CallFailure) -> Int {
    guard let limit else { return fallback }
    guard (1...1000).contains(limit) else {
      throw .invalid(field: "limit", reason: "\(limit) is not within 1 to 1000")
    }
    return limit
  }

  /// The refusal of a cursor that this list did not make.
  static let foreignCursor = CallFailure.invalid(
    field: "cursor", reason: "the cursor is not from this list. Start again without a cursor.")

  /// Answers a call with the reply to a success, or with the error that the refusal means.
  ///
  /// If a missing workflow has a file, the error also has the reason why the file is not in force, as far as the
  /// caller's right allows. The look at the file takes a turn of the user, so that answer is given later.
  ///
  /// - Parameter body: composes the reply; called at most once, on this queue.
  func answer<R: Request, Value>(_ call: Exchange<R>, _ result: Result<Value, Refusal>, _ body: (Value) -> R.Reply) {
    switch result {
    case .success(let value): call.answer(body(value))
    case .failure(let refusal): fail(call, refusal)
    }
  }

  /// Answers a call with the error that a refusal means, as ``answer(_:_:_:)`` does.
  func fail<R: Request>(_ call: Exchange<R>, _ refusal: Refusal) {
    guard case .notFound(.workflow(let name)) = refusal else { return call.fail(CallFailure(refusal)) }
    files.hasFile(of: name, for: call.principal.user) { [condition] hasFile in
      let reason = hasFile ? condition.refusal(ofWorkflow: name.text, for: call.principal.right) : nil
      call.fail(.notFound(entity: "workflow", id: name.text, reason: reason))
    }
  }
}

extension CallFailure {
  /// Converts a refusal of the ledger to an error of the interfaces.
  ///
  /// The sentences are those of `TactusMessages`. A missing subject gets no reason here, because only the API knows the
  /// files.
  init(_ refusal: Refusal) {
    switch refusal {
    case .notFound(let subject): self = .notFound(entity: subject.entity, id: subject.name)
    case .conflict(let conflict): self = .conflict(reason: conflict.description)
    case .invalid(let field, let fault): self = .invalid(field: field.rawValue, reason: fault.description)
    case .unavailable(let unavailability): self = .unavailable(reason: unavailability.description)
    }
  }
}

extension String {
  /// The beginning of a client's text, for a message: at most 80 bytes, because one character may have any length.
  ///
  /// A longer text is cut and ends in `…`. A character that is cut in the middle becomes U+FFFD.
  var excerpt: String {
    utf8.count <= 80 ? self : String(decoding: utf8.prefix(80), as: UTF8.self) + "…"
  }
}

extension ApplyEffect {
  /// Converts the effect that the ledger reports to its word on the wire.
  init(_ effect: Applied.Effect) {
    switch effect {
    case .created: self = .created
    case .changed: self = .changed
    case .unchanged: self = .unchanged
    }
  }
}
