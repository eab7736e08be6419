internal import Synchronization
internal import TactusModel
internal import TactusPorts
internal import TactusProtocol
internal import TactusScheduler
internal import TactusStore
internal import TactusTransport

/// The operations on jobs.
extension ControlHandler {
  func get(_ request: GetJob, _ peer: Peer, _ right: Right, _ reply: ReplyPort) throws(CallFailure) {
    let found: @Sendable (@escaping @Sendable () -> Void) -> Answer<Job> = { done in
      { result in
        done()
        answer(request, reply, result) { .init(job: wire($0, for: right)) }
      }
    }
    switch (request.id, request.workflow) {
    case (let id?, nil):
      resolve(id) { result in
        switch result {
        case .failure(let failure): reply.fail(failure)
        case .success(let id): quickTurns.take(for: peer.uid) { quick.job(id, answer: found($0)) }
        }
      }
    case (nil, let text?):
      let workflow = try name(text)
      quickTurns.take(for: peer.uid) { quick.newestJob(of: workflow, answer: found($0)) }
    case (nil, nil): throw .invalid(field: "id", reason: "is missing; name a job, or a workflow")
    case (_?, _?): throw .invalid(field: "workflow", reason: "an id names one job: give either of the two")
    }
  }

  /// A job for a client, with what only a clock tells.
  func wire(_ job: Job, for right: Right) -> WireJob {
    WireJob(job, for: right, elapsed: job.elapsed(at: time.monotonic, inBoot: bootID))
  }

  func list(_ request: ListJobs, _ peer: Peer, _ right: Right, _ reply: ReplyPort) throws(CallFailure) {
    var filter = JobFilter()
    filter.limit = try pageLimit(request.limit)
    filter.statuses = Set(request.status ?? [])
    filter.trigger = request.trigger
    filter.kind = request.kind
    filter.phase = request.phase
    filter.errorCode = request.errorCode
    filter.since = try request.since.map { text throws(CallFailure) in try instant(text, field: "since") }
    filter.until = try request.until.map { text throws(CallFailure) in try instant(text, field: "until") }
    if let text = request.queue { filter.queue = try queue(text) }
    if let text = request.workflow { filter.workflow = try name(text) }
    if let text = request.cursor {
      guard let cursor = Cursor(text, of: .jobs), let position = Int64(cursor.position) else {
        throw Self.foreignCursor
      }
      filter.before = position
    }
    quickTurns.take(for: peer.uid) { [filter] done in
      quick.jobs(matching: filter) { result in
        done()
        answer(request, reply, result) { page in
          .init(
            jobs: page.jobs.map { wire($0, for: right) },
            nextCursor: page.next.map { Cursor(.jobs, position: "\($0)").description })
        }
      }
    }
  }

  /// Cancels one after the other, so that the results are in the order of the request.
  func cancel(_ request: CancelJobs, _ peer: Peer, _ reply: ReplyPort) throws(CallFailure) {
    guard request.ids.count <= Limits.idsAtOnce else {
      throw .invalid(field: "ids", reason: "\(request.ids.count) are too many: at most \(Limits.idsAtOnce) at once")
    }
    // Before anything is canceled: each is told again in the answer, which must not grow too large to be sent.
    if let monster = request.ids.first(where: { $0.utf8.count > JobSuffix.longestText }) {
      throw .invalid(field: "ids", reason: "'\(monster.excerpt)' is no job's id: nothing was canceled")
    }
    let isAbandoned = request.abandon == true
    OneByOne.begin(request.ids) { text, next in
      cancel(text, isAbandoned: isAbandoned, peer, next)
    } end: { results in
      reply.answer(request, with: .init(results: results))
    }
  }

  private func cancel(
    _ text: String, isAbandoned: Bool, _ peer: Peer, _ next: @escaping @Sendable (CancelResult) -> Void
  ) {
    resolve(text) { result in
      switch result {
      case .failure(let failure): next(CancelResult(id: text, failure: failure))
      case .success(let id):
        workflow(of: id) { workflow in
          @Sendable func answered<Value>(_ result: Result<Value, LedgerFailure>) {
            let what = "\(isAbandoned ? "abandon" : "cancel") \(id)"
            note(what, peer, result, workflow: workflow, job: id) { _ in .jobCancelRequested }
            switch result {
            case .success: next(CancelResult(id: id.description))
            case .failure(let failure): next(CancelResult(id: id.description, failure: CallFailure(failure)))
            }
          }
          if isAbandoned { scheduling.abandon(id, answer: answered) } else { scheduling.cancel(id, answer: answered) }
        }
      }
    }
  }

  func schedule(_ request: ScheduleJob, _ peer: Peer, _ reply: ReplyPort) throws(CallFailure) {
    let instant = try instant(request.at, field: "at")
    resolve(request.id) { result in
      switch result {
      case .failure(let failure): reply.fail(failure)
      case .success(let id):
        workflow(of: id) { workflow in
          scheduling.schedule(id, for: instant) { result in
            note("schedule \(id) for \(instant)", peer, result, workflow: workflow, job: id) { _ in .jobScheduled }
            answer(request, reply, result) { _ in Done() }
          }
        }
      }
    }
  }

  /// Looks up whose a job is, for the journal; nil if it is nobody's, or that cannot be known.
  private func workflow(of id: JobID, then: @escaping @Sendable (WorkflowName?) -> Void) {
    archive.jobs([id]) { result in
      // What is wrong with the id, or the store, is told by what is done next.
      then((try? result.get())?.first?.workflow)
    }
  }

  func explain(_ request: ExplainJob, _ peer: Peer, _ right: Right, _ reply: ReplyPort) {
    resolve(request.id) { result in
      switch result {
      case .failure(let failure): reply.fail(failure)
      case .success(let id):
        quickTurns.take(for: peer.uid) { done in
          quick.explanation(of: id) { result in
            done()
            answer(request, reply, result) { .init(answer: WireExplanation($0, for: right)) }
          }
        }
      }
    }
  }

  /// Finds the jobs of several, or says what is wrong with the first that names none; each once, in the order of their ids.
  ///
  /// Gives up when the follower has gone: nobody takes the answer then.
  func resolve(
    _ texts: [String], for follower: Follower, then: @escaping @Sendable (Result<[JobID], CallFailure>) -> Void
  ) {
    // Before any look at the store: none of the ids costs more than its turn.
    for text in texts where JobID(text) == nil && JobSuffix(text) == nil {
      return then(.failure(JobSuffix.refusal(of: text)))
    }
    OneByOne.begin(texts) { text, next in
      if follower.isGone {
        next(.failure(.unavailable(reason: "nobody waits any more")))
      } else {
        resolve(text, then: next)
      }
    } until: { (result: Result<JobID, CallFailure>) in
      if case .failure = result { true } else { false }
    } end: { results in
      then(
        Result { () throws(CallFailure) in
          // A set, because a job that is named twice ends once.
          var found: Set<JobID> = []
          for result in results { found.insert(try result.get()) }
          return found.sorted()
        })
    }
  }

  /// Finds the job of an id or of a suffix that only one job has.
  func resolve(_ text: String, then: @escaping @Sendable (Result<JobID, CallFailure>) -> Void) {
    if let id = JobID(text) { return then(.success(id)) }
    guard let suffix = JobSuffix(text) else { return then(.failure(JobSuffix.refusal(of: text))) }
    quick.jobs(endingIn: suffix.digits, limit: 5) { result in
      switch result {
      case .failure(let failure): then(.failure(CallFailure(failure)))
      case .success(let ids):
        guard let id = ids.first else { return then(.failure(.notFound(entity: "job", id: text))) }
        guard ids.count == 1 else {
          let candidates = ids.map(\.description).joined(separator: ", ")
          return then(
            .failure(.invalid(field: "id", reason: "'\(text)' is the end of several: \(candidates); give more of it")))
        }
        then(.success(id))
      }
    }
  }
}
