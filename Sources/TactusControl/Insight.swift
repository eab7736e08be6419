internal import TactusModel
internal import TactusPorts
internal import TactusProtocol

/// Next runs, explanations and statistics: long reads, each user in turn.
///
/// Each method has one reply, on any queue. All values are checked at once, and an error is thrown. Then the read waits
/// for a slow turn of the caller's user. One such read runs at a time, together with those of streams of stored events.
/// The turn ends before the reply is encoded.
///
/// All users may call these methods. These errors are answered:
///
/// - `NotFound` if no workflow ever had the name. It has a reason if a file of that name exists.
/// - `Unavailable` if the store cannot be read, its disk is silent, or the reply is larger than 1 MiB.
extension ControlAPI {
  /// Answers the next runs of all workflows, or of one, earliest first.
  ///
  /// There are at most `limit`: 1 … 1000, and 10 if absent. The list has no further pages. It shows nominal instants:
  /// overlap, full queues and later edits are not foreseen. Only the next run of a schedule has a job, and MANUAL jobs
  /// with a start time are included. Held jobs are not.
  ///
  /// A deleted workflow has no runs, and neither has a terminated one, apart from MANUAL jobs. Rows that cannot be read
  /// are left out.
  ///
  /// - Throws: `Invalid` with the field `limit` or `name`.
  func list(_ call: Exchange<ListUpcoming>) throws(CallFailure) {
    let limit = try pageLimit(call.request.limit, default: 10)
    let workflow = try call.request.name.map { text throws(CallFailure) in try name(text) }
    slowTurns.take(for: call.principal.user) { done in
      slow.upcoming(of: workflow, limit: limit, now: time.now) { result in
        done()
        answer(call, result) { .init(runs: $0.map(WireUpcoming.init)) }
      }
    }
  }

  /// Answers the outcome of each nominal instant of a workflow and its reason, newest first, or that of one instant.
  ///
  /// With `at` there is one explanation and no cursor. The instant is compared to the microsecond. One that the
  /// schedule does not name, or that has no answer yet, is explained also. A damaged row of the workflow is a
  /// `Conflict`.
  ///
  /// Without it there is a page of at most `limit` explanations: 1 … 1000, and 50 if absent. A range of instants with
  /// the same decision is one of them. The cursor holds the nominal instant of the last one, in microseconds since
  /// 1970, and the next page is before it. So new answers do not shift the pages. Rows that cannot be read are left
  /// out.
  ///
  /// The name may be that of a deleted workflow. Callers without the right `read` get no error messages.
  ///
  /// - Throws: `Invalid` with the field `name`, `at`, `limit` or `cursor`. `at` excludes the last two, and is RFC 3339
  ///   with an offset.
  func explain(_ call: Exchange<ExplainWorkflow>) throws(CallFailure) {
    let workflow = try name(call.request.name)
    if let text = call.request.at {
      guard call.request.cursor == nil, call.request.limit == nil else {
        throw .invalid(field: "at", reason: "one instant has one answer. Leave out cursor and limit.")
      }
      let instant = try instant(text, field: "at")
      slowTurns.take(for: call.principal.user) { done in
        slow.explanation(of: workflow, at: instant, now: time.now) { result in
          done()
          answer(call, result) {
            .init(answers: [WireExplanation($0, for: call.principal.right)], nextCursor: nil)
          }
        }
      }
      return
    }
    let limit = try pageLimit(call.request.limit)
    var before: Instant?
    if let text = call.request.cursor {
      guard let cursor = Cursor(text, of: .answers), let position = Int64(cursor.position) else {
        throw Self.foreignCursor
      }
      before = Instant(microseconds: position)
    }
    // One more than requested shows whether there is another page.
    slowTurns.take(for: call.principal.user) { [before] done in
      slow.explanations(of: workflow, before: before, limit: limit + 1, now: time.now) { result in
        done()
        answer(call, result) { explanations in
          let page = explanations.prefix(limit)
          var next: String?
          if explanations.count > limit, let last = page.last?.nominalAt {
            next = Cursor(.answers, position: "\(last.microseconds)").description
          }
          return .init(answers: page.map { WireExplanation($0, for: call.principal.right) }, nextCursor: next)
        }
      }
    }
  }

  /// Answers the statistics of the jobs that ended in a window up to now: of all, or of one workflow, queue or kind.
  ///
  /// The window has 60 … 31,622,400 seconds, and a day if absent. It ends when the call arrives, not when its turn
  /// begins, and that instant is not part of it. An end belongs to it by the wall clock. The reply divides it into 24
  /// equal parts.
  ///
  /// Jobs without a workflow are not counted, and neither are rows that cannot be read. The workflow may be a deleted
  /// one. A queue must be in force.
  ///
  /// - Throws: `Invalid` with the field `workflow` if more than one subject is given, else with `workflow`, `queue` or
  ///   `window_seconds`.
  func read(_ call: Exchange<ReadStatistics>) throws(CallFailure) {
    var subject = StatisticsSubject.all
    let given = [call.request.workflow != nil, call.request.queue != nil, call.request.kind != nil].count { $0 }
    guard given <= 1 else {
      throw .invalid(
        field: "workflow", reason: "more than one of workflow, queue and kind was given. Give at most one.")
    }
    if let text = call.request.workflow { subject = .workflow(try name(text, field: "workflow")) }
    if let text = call.request.queue { subject = .queue(try queue(text)) }
    if let kind = call.request.kind { subject = .kind(kind) }
    let window = Duration.seconds(call.request.windowSeconds ?? 86_400)
    guard Limits.statisticsWindow.contains(window) else {
      throw .invalid(
        field: "window_seconds",
        reason:
          "\(call.request.windowSeconds ?? 0) is not within \(Limits.statisticsWindow.lowerBound.milliseconds / 1000)"
          + " to \(Limits.statisticsWindow.upperBound.milliseconds / 1000)")
    }
    let now = time.now
    slowTurns.take(for: call.principal.user) { [subject] done in
      slow.statistics(of: subject, from: now - window, until: now) { result in
        done()
        answer(call, result) { .init($0) }
      }
    }
  }
}
