internal import TactusModel
internal import TactusPorts
internal import TactusProtocol
internal import TactusStore
internal import TactusTransport

/// The event stream, and waiting for jobs to end: both are followed, nothing is polled.
extension ControlHandler {
  /// Events of one send.
  private static let eventsAtOnce = 200

  func readEvents(_ request: ReadEvents, _ peer: Peer, _ reply: ReplyPort) throws(CallFailure) {
    let workflow = try request.workflow.map(name)
    guard let job = request.job else { return beginEvents(EventFilter(workflow: workflow), request, peer, reply) }
    resolve(job) { result in
      switch result {
      case .failure(let failure): reply.fail(failure)
      case .success(let id): beginEvents(EventFilter(workflow: workflow, job: id), request, peer, reply)
      }
    }
  }

  private func beginEvents(_ filter: EventFilter, _ request: ReadEvents, _ peer: Peer, _ reply: ReplyPort) {
    archive.eventRange { result in
      do {
        let range = try result.get()
        let start = try start(of: request, in: range)
        // Nothing lies after the newest: this only asks whether there is such a workflow.
        archive.events(after: range.newest, matching: filter, limit: 1) { result in
          if case .failure(let failure) = result { return reply.fail(CallFailure(failure)) }
          let stream = EventStream(
            epoch: range.epoch, filter: filter, request: request, user: peer.uid, reply: reply)
          guard request.follow == true else { return sendEvents(after: start, stream) }
          reply.whenGone {
            stream.follower.leave()
            feed.cancel(stream.follower)
          }
          reply.send([ReadEvents.Reply(position: stream.position(start))], to: request) { demand in
            follow(after: start, stream, demand)
          }
        }
      } catch let failure as LedgerFailure {
        reply.fail(CallFailure(failure))
      } catch let failure as CallFailure {
        reply.fail(failure)
      } catch {
        reply.fail(.unavailable(reason: "\(error)"))
      }
    }
  }

  /// What a stream of events is made of.
  private struct EventStream: Sendable {
    let epoch: String
    let filter: EventFilter
    let request: ReadEvents
    let user: UInt32
    let reply: ReplyPort
    let follower = Follower()

    func position(_ sequence: Int64) -> EventPosition { EventPosition(epoch: epoch, sequence: sequence) }
  }

  /// The number after which a stream begins.
  private func start(of request: ReadEvents, in range: EventRange) throws -> Int64 {
    guard let text = request.after else { return request.follow == true ? range.newest : range.oldest - 1 }
    // No longer than an epoch and a number may be, because a stream keeps it to its end.
    let parts = text.utf8.count > 100 ? [] : text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count <= 2, let number = parts.last.flatMap({ Int64($0) }), number >= 0 else {
      throw CallFailure.invalid(
        field: "after", reason: "'\(text.excerpt)' is neither a cursor nor the number of an event")
    }
    let oldest = EventPosition(epoch: range.epoch, sequence: range.oldest - 1)
    guard parts.count == 1 || parts[0] == range.epoch, number >= oldest.sequence else {
      throw CallFailure.expired(oldest: oldest.description)
    }
    guard number <= range.newest else {
      throw CallFailure.invalid(field: "after", reason: "\(number) lies after the newest event, \(range.newest)")
    }
    return number
  }

  /// What is stored, page by page; then the stream ends.
  private func sendEvents(after number: Int64, _ stream: EventStream) {
    slowTurns.take(for: stream.user) { done in
      slow.events(after: number, matching: stream.filter, limit: Self.eventsAtOnce) { result in
        done()
        sendEvents(result, stream)
      }
    }
  }

  private func sendEvents(_ result: Result<EventPage, LedgerFailure>, _ stream: EventStream) {
    switch result {
    case .failure(let failure): stream.reply.fail(CallFailure(failure))
    case .success(let page):
      if let firstKept = page.firstKept {
        return stream.reply.fail(.expired(oldest: stream.position(firstKept - 1).description))
      }
      let replies = page.events.map { ReadEvents.Reply($0, epoch: stream.epoch) }
      stream.reply.send(replies, to: stream.request) { demand in
        guard demand == .more, !page.isLast else {
          return stream.reply.answer(stream.request, with: .init(position: stream.position(page.through)))
        }
        sendEvents(after: page.through, stream)
      }
    }
  }

  /// What comes, until the client goes or the daemon stops.
  private func follow(after number: Int64, _ stream: EventStream, _ demand: StreamDemand) {
    let end = ReadEvents.Reply(position: stream.position(number))
    guard demand == .more else { return stream.reply.answer(stream.request, with: end) }
    feed.next(after: number, for: stream.follower, isWanted: { stream.filter.matches($0) }) { answer in
      switch answer {
      case .events(let events, let through):
        let replies = events.map { ReadEvents.Reply($0, epoch: stream.epoch) }
        stream.reply.send(replies, to: stream.request) { follow(after: through, stream, $0) }
      case .expired(let firstKept):
        stream.reply.fail(.expired(oldest: stream.position(firstKept - 1).description))
      case .gone, .closed: stream.reply.answer(stream.request, with: end)
      case .failed(let failure): stream.reply.fail(CallFailure(failure))
      }
    }
  }

  // MARK: Waiting

  func wait(_ request: WaitForJobs, _ right: Right, _ reply: ReplyPort) throws(CallFailure) {
    guard (1...Limits.idsAtOnce).contains(request.ids.count) else {
      throw .invalid(field: "ids", reason: "\(request.ids.count) ids: give 1 to \(Limits.idsAtOnce)")
    }
    let follower = Follower()
    reply.whenGone {
      follower.leave()
      feed.cancel(follower)
    }
    resolve(request.ids, for: follower) { result in
      switch result {
      case .failure(let failure): reply.fail(failure)
      case .success(let ids):
        // The place before the jobs: what ends between the two is seen twice, and told once.
        archive.eventRange { result in
          switch result {
          case .failure(let failure): reply.fail(CallFailure(failure))
          case .success(let range):
            // The ids are known by now; their texts need not be kept.
            let waiting = JobWait(
              request: WaitForJobs(ids: []), right: right, reply: reply, follower: follower)
            look(at: ids[...], waiting, open: [], after: range.newest)
          }
        }
      }
    }
  }

  /// What a wait is made of.
  private struct JobWait: Sendable {
    let request: WaitForJobs
    let right: Right
    let reply: ReplyPort
    let follower: Follower
  }

  /// Jobs that are looked at in one read.
  private static let jobsAtOnce = 100

  /// Tells those that have ended; then waits for those that have not.
  private func look(at ids: ArraySlice<JobID>, _ waiting: JobWait, open: Set<JobID>, after number: Int64) {
    guard !ids.isEmpty else { return follow(open, waiting, after: number) }
    let rest = ids.dropFirst(Self.jobsAtOnce)
    archive.jobs(Array(ids.prefix(Self.jobsAtOnce))) { result in
      switch result {
      case .failure(let failure): waiting.reply.fail(CallFailure(failure))
      case .success(let jobs):
        if let job = jobs.first(where: { $0.status.known == nil }) {
          return waiting.reply.fail(Self.foreign(job))
        }
        let open = open.union(jobs.filter { !$0.status.isTerminal }.map(\.id))
        var lines = jobs.filter(\.status.isTerminal).map { WaitForJobs.Reply(job: wire($0, for: waiting.right)) }
        guard !lines.isEmpty else { return look(at: rest, waiting, open: open, after: number) }
        // The last line ends the stream, if nothing is left to wait for.
        let last = rest.isEmpty && open.isEmpty ? lines.popLast() : nil
        waiting.reply.send(lines, to: waiting.request) { _ in
          if let last { return waiting.reply.answer(waiting.request, with: last) }
          look(at: rest, waiting, open: open, after: number)
        }
      }
    }
  }

  /// Nobody here can say when such a job ends.
  private static func foreign(_ job: Job) -> CallFailure {
    .conflict(
      reason:
        "job \(job.id) has the status '\(job.status.rawValue)' of another version of tactusd. Run that version to wait for it."
    )
  }

  private func follow(_ open: Set<JobID>, _ waiting: JobWait, after number: Int64) {
    feed.next(
      after: number, for: waiting.follower,
      isWanted: { $0.status?.isTerminal == true && $0.job.map(open.contains) == true }
    ) { answer in
      switch answer {
      case .events(let events, let through):
        let ended = events.compactMap(\.job)
        look(at: ended[...], waiting, open: open.subtracting(ended), after: through)
      case .expired, .gone: waiting.reply.fail(.unavailable(reason: "the events that tell of the end are gone"))
      case .closed: waiting.reply.fail(.unavailable(reason: "the daemon is stopping; the job goes on or is recovered"))
      case .failed(let failure): waiting.reply.fail(CallFailure(failure))
      }
    }
  }
}
