internal import Synchronization
internal import TactusModel
internal import TactusPorts
internal import TactusProtocol

/// The calls about jobs: each has one reply, on any queue.
///
/// The right of the caller was checked before. A job is named by its id, or by a suffix that only one job has. The
/// search for a suffix takes a quick turn of its own.
///
/// - A query takes a quick turn of the caller's user. If the disk is silent, it is answered with `Unavailable`.
/// - A change takes no turn, and is made also for a client that has left. It is answered after the commit that makes it
///   durable.
/// - A change that the planner made or refused is logged once, before the reply. An id that is malformed, ambiguous or
///   unknown as a suffix is not logged.
/// - A row that cannot be read is a `Conflict` that names it. A list leaves it out.
/// - Callers without the right `read` get no error messages and no notes, because these may contain parts of the
///   definition.
extension ControlAPI {
  /// Answers one job: that of an id, or the newest one of a workflow.
  ///
  /// The newest job is the one that started last, or failed to start last, in the order of events. If no job has
  /// started, it is the job that was created last. A job that waits for a slot or for room has its place in line.
  ///
  /// An id without a job is `NotFound`. So is a workflow without jobs: the error then has the phrase `of NAME` as its
  /// `id`. A deleted workflow is found by its name. A malformed id, or a suffix of several jobs, is `Invalid` with the
  /// field `id`.
  ///
  /// - Throws: `Invalid` with `id` if neither is given, with `workflow` if both are, and for a malformed
  ///   name.
  func get(_ call: Exchange<GetJob>) throws(CallFailure) {
    let found: @Sendable (@escaping @Sendable () -> Void) -> Answer<Job> = { done in
      { result in
        done()
        answer(call, result) { .init(job: wire($0, for: call.principal.right)) }
      }
    }
    switch (call.request.id, call.request.workflow) {
    case (let id?, nil):
      find(id, for: call) { id in quickTurns.take(for: call.principal.user) { quick.job(id, answer: found($0)) } }
    case (nil, let text?):
      let workflow = try name(text, field: "workflow")
      quickTurns.take(for: call.principal.user) { quick.newestJob(of: workflow, answer: found($0)) }
    case (nil, nil): throw .invalid(field: "id", reason: "is missing. Give the id of a job, or the name of a workflow.")
    case (_?, _?):
      throw .invalid(field: "workflow", reason: "an id already names one job. Give either an id or a workflow.")
    }
  }

  /// Converts a job for a client, with the elapsed time.
  ///
  /// That time is measured by the monotonic clock when this method is called. It is nil unless the job is RUNNING and
  /// was started in this boot. Any queue.
  ///
  /// - Parameter right: below `read` the error message and the note are left out.
  func wire(_ job: Job, for right: Right) -> WireJob {
    WireJob(job, for: right, elapsed: job.elapsed(at: time.monotonic, inBoot: identity.bootID))
  }

  /// Answers a page of jobs, newest first, that match all given filters.
  ///
  /// - An absent filter matches everything, and so does an empty `status`.
  /// - `since` is part of the range, `until` is not. Both compare `scheduled_at`, so a held job matches neither.
  /// - `queue` must be in force. The jobs of a queue that was removed are listed only without this filter.
  /// - `workflow` may be the name of a deleted workflow. A name that never existed is `NotFound`.
  ///
  /// A page has at most `limit` rows: 1 … 1000, and 50 if absent. It may have fewer, or be empty, and still have a
  /// cursor: the ledger ends a page early to bound its cost. Only a page without a cursor is the last one.
  ///
  /// The cursor holds the position of a row, so new jobs do not shift the pages. It does not hold the filters, which
  /// the client sends again.
  ///
  /// - Throws: `Invalid` with the field `limit`, `since`, `until`, `queue`, `workflow` or `cursor`.
  func list(_ call: Exchange<ListJobs>) throws(CallFailure) {
    var filter = JobFilter()
    filter.limit = try pageLimit(call.request.limit)
    filter.statuses = Set(call.request.status ?? [])
    filter.trigger = call.request.trigger
    filter.kind = call.request.kind
    filter.phase = call.request.phase
    filter.errorCode = call.request.errorCode
    filter.since = try call.request.since.map { text throws(CallFailure) in try instant(text, field: "since") }
    filter.until = try call.request.until.map { text throws(CallFailure) in try instant(text, field: "until") }
    if let text = call.request.queue { filter.queue = try queue(text) }
    if let text = call.request.workflow { filter.workflow = try name(text, field: "workflow") }
    if let text = call.request.cursor {
      guard let cursor = Cursor(text, of: .jobs), let position = Int64(cursor.position) else {
        throw Self.foreignCursor
      }
      filter.before = position
    }
    quickTurns.take(for: call.principal.user) { [filter] done in
      quick.jobs(matching: filter) { result in
        done()
        answer(call, result) { page in
          .init(
            jobs: page.jobs.map { wire($0, for: call.principal.right) },
            nextCursor: page.next.map { Cursor(.jobs, position: "\($0)").description })
        }
      }
    }
  }

  /// Cancels the jobs one after the other, so that the results are in the order of the request.
  ///
  /// With `abandon` it ends jobs as LOST instead, but only those that are unverified. The call has one reply, after the
  /// last job was answered. Each job is a change of its own, which begins when the one before is durable or refused.
  ///
  /// - Every id gets a result. A refusal is part of its result, and the others continue. An empty list has an empty
  ///   reply.
  /// - A job that is named twice is canceled twice. The second result may be a `Conflict`.
  /// - A job without a claim has ended by the reply. A claimed or running job has a durable reason to stop, and ends
  ///   later.
  /// - Unlike other changes, it also works before the daemon is ready and while it stops.
  /// - If the client leaves, the remaining jobs are still canceled.
  ///
  /// A malformed or unknown id of at most 64 bytes fails only its own result.
  ///
  /// - Throws: `Invalid` with the field `ids`, for more than 1000 of them, or for a text of more than 64 bytes. No job
  ///   was canceled then.
  func cancel(_ call: Exchange<CancelJobs>) throws(CallFailure) {
    guard call.request.ids.count <= Limits.idsAtOnce else {
      throw .invalid(
        field: "ids", reason: "\(call.request.ids.count) ids were given. Give at most \(Limits.idsAtOnce).")
    }
    // Before any job is canceled: the answer repeats each id, and must not become too large to send.
    if let monster = call.request.ids.first(where: { $0.utf8.count > JobSuffix.longestText }) {
      throw .invalid(field: "ids", reason: "'\(monster.excerpt)' is not a job id. No job was canceled.")
    }
    let isAbandoned = call.request.abandon == true
    OneByOne.begin(call.request.ids) { text, next in
      cancel(text, isAbandoned: isAbandoned, for: call.principal, next)
    } end: { results in
      call.answer(.init(results: results))
    }
  }

  /// Cancels or abandons one job, logs that, and passes on the result.
  ///
  /// The workflow is read first, only to be logged. That read waits for a slow disk. Any queue.
  ///
  /// - Parameters:
  ///   - text: an id or a suffix, at most 64 bytes. It is the `id` of the result if no single job is found.
  ///   - isAbandoned: whether to end an unverified job as LOST, instead of canceling it.
  ///   - principal: is logged as the one that requested it.
  ///   - next: called once, on any queue. The result has the whole id, if the job was found.
  private func cancel(
    _ text: String, isAbandoned: Bool, for principal: Principal, _ next: @escaping @Sendable (CancelResult) -> Void
  ) {
    resolve(text, for: principal, field: "ids") { result in
      switch result {
      case .failure(let failure): next(CancelResult(id: text, failure: failure))
      case .success(let id):
        workflow(of: id) { workflow in
          /// Logs the answer of the planner, which has another type for each of the two changes, and ends the step.
          @Sendable func answered<Value>(_ result: Result<Value, Refusal>) {
            let what = "\(isAbandoned ? "abandon" : "cancel") \(id)"
            note(what, principal, result, workflow: workflow, job: id) { _ in .jobCancelRequested }
            switch result {
            case .success: next(CancelResult(id: id.description))
            case .failure(let failure): next(CancelResult(id: id.description, failure: CallFailure(failure)))
            }
          }
          if isAbandoned { planning.abandon(id, answer: answered) } else { planning.cancel(id, answer: answered) }
        }
      }
    }
  }

  /// Sets the start time of a held MANUAL job, or another one for a scheduled one.
  ///
  /// The planner refuses:
  ///
  /// - `Invalid` with the field `at`, unless the instant is at most 60 s in the past and five years ahead, by its own
  ///   clock.
  /// - `NotFound` if no job has the id.
  /// - `Conflict` for a job that its schedule planned, and for one that is due, released or ended.
  /// - `Unavailable` before the daemon is ready, and once a stop has begun.
  ///
  /// A malformed id, or a suffix of several jobs, is answered with `Invalid` and the field `id`.
  ///
  /// - Throws: `Invalid` with the field `at`, for a text that is not RFC 3339 with an offset. The job is not looked up
  ///   then.
  func schedule(_ call: Exchange<ScheduleJob>) throws(CallFailure) {
    let instant = try instant(call.request.at, field: "at")
    find(call.request.id, for: call) { id in
      workflow(of: id) { workflow in
        planning.schedule(id, for: instant) { result in
          note("schedule \(id) for \(instant)", call.principal, result, workflow: workflow, job: id) { _ in
            .jobScheduled
          }
          answer(call, result) { _ in Done() }
        }
      }
    }
  }

  /// Looks up the workflow of a job, for the journal; nil if it has none, or cannot be read.
  ///
  /// It reads through the archive, takes no turn, and waits for a slow disk. Errors are dropped, because the change
  /// that follows reports them.
  ///
  /// - Parameter then: called once, on any queue.
  private func workflow(of id: JobID, then: @escaping @Sendable (WorkflowName?) -> Void) {
    archive.jobs([id]) { result in
      // The next step reports a problem with the id or the store.
      then((try? result.get())?.first?.workflow)
    }
  }

  /// Answers the reason for the state or the outcome of a job.
  ///
  /// For a job that waits, the reason names its place in the queue, or the job before it. All errors are answered, so
  /// this method does not throw. A malformed id, or a suffix of several jobs, is `Invalid` with the field `id`. An id
  /// without a job is `NotFound`.
  func explain(_ call: Exchange<ExplainJob>) {
    find(call.request.id, for: call) { id in
      quickTurns.take(for: call.principal.user) { done in
        quick.explanation(of: id) { result in
          done()
          answer(call, result) { .init(answer: WireExplanation($0, for: call.principal.right)) }
        }
      }
    }
  }

  /// Finds the job that a call names, or fails the call as ``resolve(_:for:field:then:)`` does.
  ///
  /// - Parameter then: called once, on any queue, only if the job was found.
  func find<R: Request>(
    _ text: String, for call: Exchange<R>, field: String = "id", then: @escaping @Sendable (JobID) -> Void
  ) {
    resolve(text, for: call.principal, field: field) { result in
      switch result {
      case .failure(let failure): call.fail(failure)
      case .success(let id): then(id)
      }
    }
  }

  /// Finds several jobs, each once and in the order of their ids, or returns the failure of the first text that names
  /// no job.
  ///
  /// The form of every text is checked before the store is read. Then the texts are resolved one after the other, as
  /// ``resolve(_:for:field:then:)`` does, until one fails. Ids sort by creation, so the oldest job is first. A whole id may
  /// belong to no job.
  ///
  /// Stops when the client has left, with an `Unavailable` that no client reads.
  ///
  /// - Parameters:
  ///   - texts: ids and suffixes. The caller has bounded their number.
  ///   - principal: whose turns the searches take.
  ///   - follower: whether the client has left is examined before each text.
  ///   - then: called once, on any queue.
  func resolve(
    _ texts: [String], for principal: Principal, until follower: Follower,
    then: @escaping @Sendable (Result<[JobID], CallFailure>) -> Void
  ) {
    // Before the store is read.
    for text in texts where JobID(text) == nil && JobSuffix(text) == nil {
      return then(.failure(JobSuffix.refusal(of: text, field: "ids")))
    }
    OneByOne.begin(texts) { text, next in
      if follower.isGone {
        next(.failure(.unavailable(reason: "the client has left")))
      } else {
        resolve(text, for: principal, field: "ids", then: next)
      }
    } until: { (result: Result<JobID, CallFailure>) in
      if case .failure = result { true } else { false }
    } end: { results in
      then(
        Result { () throws(CallFailure) in
          // A set, because a job that is named twice ends only once.
          var found: Set<JobID> = []
          for result in results { found.insert(try result.get()) }
          return found.sorted()
        })
    }
  }

  /// Finds the job of an id, or of a suffix that only one job has.
  ///
  /// A whole id is not looked up: it is passed on at once, on the calling thread, even if no job has it. A suffix has
  /// 6 … 32 hexadecimal digits, with hyphens anywhere, in at most 64 bytes. It is searched by the quick reader, in
  /// the user's turn.
  ///
  /// The failures are:
  ///
  /// - `Invalid` with the field, for a text that is neither, and for a suffix of several jobs. The reason names up
  ///   to five of these, newest first.
  /// - `NotFound` with the text of the client, if no job has this suffix.
  /// - `Unavailable` if the store cannot be read, or its disk is silent.
  ///
  /// - Parameters:
  ///   - field: the parameter that the error names.
  ///   - then: called once, on any queue, after the turn.
  func resolve(
    _ text: String, for principal: Principal, field: String = "id",
    then: @escaping @Sendable (Result<JobID, CallFailure>) -> Void
  ) {
    if let id = JobID(text) { return then(.success(id)) }
    guard let suffix = JobSuffix(text) else { return then(.failure(JobSuffix.refusal(of: text, field: field))) }
    quickTurns.take(for: principal.user) { done in
      quick.jobs(endingIn: suffix.digits, limit: 5) { result in
        done()
        then(Self.only(result, of: text, field: field))
      }
    }
  }

  /// The one job that a suffix matches, or the error if no job or several match.
  private static func only(
    _ found: Result<[JobID], Refusal>, of text: String, field: String
  ) -> Result<JobID, CallFailure> {
    switch found {
    case .failure(let refusal): return .failure(CallFailure(refusal))
    case .success(let ids):
      guard let id = ids.first else { return .failure(.notFound(entity: "job", id: text)) }
      guard ids.count > 1 else { return .success(id) }
      let candidates = ids.map(\.description).joined(separator: ", ")
      return .failure(
        .invalid(field: field, reason: "'\(text)' matches several jobs (\(candidates)). Give more characters."))
    }
  }
}
