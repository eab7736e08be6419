internal import Synchronization
internal import TactusModel
internal import TactusPorts
internal import TactusProtocol
internal import TactusScheduler
internal import TactusStore
internal import TactusTransport

/// The operations on jobs.
extension ControlHandler {
  func get(_ request: GetJob, _ reply: ReplyPort) throws(CallFailure) {
    resolve(request.id) { result in
      switch result {
      case .failure(let failure): reply.fail(failure)
      case .success(let id):
        archive.job(id) { result in answer(request, reply, result) { .init(job: WireJob($0)) } }
      }
    }
  }

  func list(_ request: ListJobs, _ reply: ReplyPort) throws(CallFailure) {
    var filter = JobFilter()
    filter.limit = try pageLimit(request.limit)
    filter.statuses = Set(request.status ?? [])
    filter.trigger = request.trigger
    filter.kind = request.kind
    if let text = request.workflow { filter.workflow = try name(text) }
    if let text = request.cursor {
      guard let cursor = Cursor(text, of: .jobs), let position = Int64(cursor.position) else {
        throw Self.foreignCursor
      }
      filter.before = position
    }
    archive.jobs(matching: filter) { result in
      answer(request, reply, result) { page in
        .init(
          jobs: page.jobs.map { WireJob($0) },
          nextCursor: page.next.map { Cursor(.jobs, position: "\($0)").description })
      }
    }
  }

  /// Ids of one `Jobs.Cancel`: each is a commit, and the reply is one message.
  private static let idsAtOnce = 1000

  /// Cancels one after the other, so that the results are in the order of the request.
  func cancel(_ request: CancelJobs, _ peer: Peer, _ reply: ReplyPort) throws(CallFailure) {
    guard request.ids.count <= Self.idsAtOnce else {
      throw .invalid(field: "ids", reason: "\(request.ids.count) are too many: at most \(Self.idsAtOnce) at once")
    }
    cancel(request.ids[...], request, peer, reply, results: [])
  }

  private func cancel(
    _ rest: ArraySlice<String>, _ request: CancelJobs, _ peer: Peer, _ reply: ReplyPort, results: [CancelResult]
  ) {
    guard let text = rest.first else { return reply.answer(request, with: .init(results: results)) }
    @Sendable func next(_ result: CancelResult) {
      cancel(rest.dropFirst(), request, peer, reply, results: results + [result])
    }
    resolve(text) { result in
      switch result {
      case .failure(let failure): next(CancelResult(id: text, failure: failure))
      case .success(let id):
        note("cancel \(id)", peer)
        scheduling.cancel(id) { result in
          switch result {
          case .success: next(CancelResult(id: id.description))
          case .failure(let failure): next(CancelResult(id: id.description, failure: CallFailure(failure)))
          }
        }
      }
    }
  }

  func readLogs(_ request: ReadLogs, _ reply: ReplyPort) throws(CallFailure) {
    resolve(request.id) { result in
      switch result {
      case .failure(let failure): reply.fail(failure)
      case .success(let id):
        archive.job(id) { result in
          switch result {
          case .failure(let failure): reply.fail(CallFailure(failure))
          case .success(let job): sendLines(of: job, after: 0, request, reply)
          }
        }
      }
    }
  }

  /// Lines of one send; an overlong line comes in pieces of 64 KiB, so this bounds what one reader holds in memory.
  private static let linesAtOnce = 32

  private func sendLines(of job: Job, after position: Int64, _ request: ReadLogs, _ reply: ReplyPort) {
    let stream = request.stream.flatMap { OutputStream(rawValue: $0.rawValue) }
    output.lines(of: job.id, stream: stream, after: position, limit: Self.linesAtOnce) { result in
      switch result {
      case .failure(let failure): reply.fail(CallFailure(failure))
      case .success(let lines):
        guard let last = lines.last else {
          return reply.answer(request, with: .init(droppedBytes: job.report.logDroppedBytes))
        }
        let replies = lines.compactMap { entry in
          LogStream(rawValue: entry.line.stream.rawValue).map {
            ReadLogs.Reply(at: entry.line.at, stream: $0, bytes: entry.line.bytes, isPartial: entry.line.isPartial)
          }
        }
        reply.send(replies, to: request) { demand in
          switch demand {
          case .more: sendLines(of: job, after: last.position, request, reply)
          case .gone: reply.answer(request, with: .init(droppedBytes: job.report.logDroppedBytes))
          }
        }
      }
    }
  }

  /// Finds the job of an id or of a suffix that only one job has.
  private func resolve(_ text: String, then: @escaping @Sendable (Result<JobID, CallFailure>) -> Void) {
    if let id = JobID(text) { return then(.success(id)) }
    let digits = text.lowercased().filter { $0 != "-" }
    guard digits.count >= 6, digits.count <= 32, digits.allSatisfy(\.isHexDigit) else {
      return then(
        .failure(
          .invalid(
            field: "id", reason: "'\(text.prefix(80))' is neither a job id nor the last 6 or more characters of one")))
    }
    archive.jobs(endingIn: digits, limit: 5) { result in
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
