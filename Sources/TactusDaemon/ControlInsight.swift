internal import TactusModel
internal import TactusPorts
internal import TactusProtocol
internal import TactusTransport

/// What is to come, what was decided and why, how it went: reads that may take a while, each user in turn.
extension ControlHandler {
  func listUpcoming(
    _ request: ListUpcoming, _ peer: Peer, _ right: Right, _ reply: ReplyPort
  ) throws(CallFailure) {
    let limit = try pageLimit(request.limit, default: 10)
    let workflow = try request.name.map(name)
    slowTurns.take(for: peer.uid) { done in
      slow.upcoming(of: workflow, limit: limit, now: time.now) { result in
        done()
        answer(request, reply, result, for: right) { .init(runs: $0.map(WireUpcoming.init)) }
      }
    }
  }

  func explain(
    _ request: ExplainWorkflow, _ peer: Peer, _ right: Right, _ reply: ReplyPort
  ) throws(CallFailure) {
    let workflow = try name(request.name)
    if let text = request.at {
      guard request.cursor == nil, request.limit == nil else {
        throw .invalid(field: "at", reason: "one instant has one answer: give neither cursor nor limit with it")
      }
      let instant = try instant(text, field: "at")
      slowTurns.take(for: peer.uid) { done in
        slow.explanation(of: workflow, at: instant, now: time.now) { result in
          done()
          answer(request, reply, result, for: right) {
            .init(answers: [WireExplanation($0, for: right)], nextCursor: nil)
          }
        }
      }
      return
    }
    let limit = try pageLimit(request.limit)
    var before: Instant?
    if let text = request.cursor {
      guard let cursor = Cursor(text, of: .answers), let position = Int64(cursor.position) else {
        throw Self.foreignCursor
      }
      before = Instant(microseconds: position)
    }
    // One more than asked for says whether there is another page.
    slowTurns.take(for: peer.uid) { [before] done in
      slow.explanations(of: workflow, before: before, limit: limit + 1, now: time.now) { result in
        done()
        answer(request, reply, result, for: right) { explanations in
          let page = explanations.prefix(limit)
          var next: String?
          if explanations.count > limit, let last = page.last?.nominalAt {
            next = Cursor(.answers, position: "\(last.microseconds)").description
          }
          return .init(answers: page.map { WireExplanation($0, for: right) }, nextCursor: next)
        }
      }
    }
  }

  func readStatistics(
    _ request: ReadStatistics, _ peer: Peer, _ right: Right, _ reply: ReplyPort
  ) throws(CallFailure) {
    var subject = StatisticsSubject.all
    let given = [request.workflow != nil, request.queue != nil, request.kind != nil].count { $0 }
    guard given <= 1 else {
      throw .invalid(field: "workflow", reason: "give at most one of workflow, queue and kind")
    }
    if let text = request.workflow { subject = .workflow(try name(text)) }
    if let text = request.queue { subject = .queue(try queue(text)) }
    if let kind = request.kind { subject = .kind(kind) }
    let window = Duration.seconds(request.windowSeconds ?? 86_400)
    guard Limits.statisticsWindow.contains(window) else {
      throw .invalid(
        field: "window_seconds",
        reason: "\(request.windowSeconds ?? 0) is not within \(Limits.statisticsWindow.lowerBound.milliseconds / 1000)"
          + " … \(Limits.statisticsWindow.upperBound.milliseconds / 1000)")
    }
    let now = time.now
    slowTurns.take(for: peer.uid) { [subject] done in
      slow.statistics(of: subject, from: now - window, until: now) { result in
        done()
        answer(request, reply, result, for: right) { .init($0) }
      }
    }
  }
}
