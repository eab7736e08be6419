internal import TactusModel
internal import TactusPorts
internal import TactusProtocol

/// The event stream, stored and new; nothing polls.
///
/// Without `follow` the stored events are read in slow turns of the caller's user. With `follow` the feed reads each
/// new event once for all streams.
///
/// A stream holds one page of at most 200 events, and gets the next one when the client has read most of it. So a slow
/// client needs no memory, and only lags behind. All methods may be called on any queue.
extension ControlAPI {
  /// The most events in one message.
  ///
  /// Each is a reply of its own. It bounds a page of stored events; the feed has the same bound of its own.
  private static let eventsAtOnce = 200

  /// Streams the events after a position, oldest first, without gaps and repeats.
  ///
  /// - Without `follow` it begins at `after`, or with the oldest kept event. It ends at the newest event, with a reply
  ///   that has only a cursor.
  /// - With `follow` it begins at `after`, or behind the newest event. The first reply has only a cursor. New events
  ///   follow after their commit, until the client leaves or the daemon stops. A stop ends it with a cursor, from which
  ///   the next daemon continues.
  /// - Events that do not match the filters, or cannot be read, are left out. Their numbers are passed.
  ///
  /// A whole id of a job is not looked up, so an unknown one gives a stream without events. These errors are answered,
  /// and end the stream:
  ///
  /// - `Invalid` with `after`, or with `job` for a malformed id, or a suffix of several jobs.
  /// - `NotFound` for a suffix that no job has, and for a name that no workflow ever had.
  /// - `Expired` if the events behind the position are no longer kept, or belong to another store.
  /// - `Unavailable` if the store cannot be read.
  ///
  /// - Throws: `Invalid` with the field `workflow`, for a malformed name.
  func read(_ call: Exchange<ReadEvents>) throws(CallFailure) {
    let workflow = try call.request.workflow.map { text throws(CallFailure) in try name(text, field: "workflow") }
    guard let job = call.request.job else { return beginEvents(EventFilter(workflow: workflow), call) }
    find(job, for: call, field: "job") { beginEvents(EventFilter(workflow: workflow, job: $0), call) }
  }

  /// Checks the position and the workflow of a request, then begins its stream.
  ///
  /// Both reads go through the archive: they take no turn, and wait for a slow disk. The range is read once, so `after`
  /// is compared with the events that were kept at that time. The second read only checks that the workflow exists, and
  /// its events are not used.
  ///
  /// A stream that follows notices that its client has left, also before the first event. Then its wait in the feed
  /// ends.
  ///
  /// - Parameter filter: its job has a valid id, but may not exist.
  private func beginEvents(_ filter: EventFilter, _ call: Exchange<ReadEvents>) {
    archive.eventRange { result in
      do {
        let range = try result.get()
        let start = try start(of: call.request, in: range)
        // No event is newer than the newest: this only checks that the workflow exists.
        archive.events(after: range.newest, matching: filter, limit: 1) { result in
          if case .failure(let refusal) = result { return fail(call, refusal) }
          let stream = EventStream(epoch: range.epoch, filter: filter, call: call)
          guard call.request.follow == true else { return sendEvents(after: start, stream) }
          call.whenGone {
            stream.follower.leave()
            feed.cancel(stream.follower)
          }
          call.send([ReadEvents.Reply(position: stream.position(start))]) { demand in
            follow(after: start, stream, demand)
          }
        }
      } catch let failure as Refusal {
        call.fail(CallFailure(failure))
      } catch let failure as CallFailure {
        call.fail(failure)
      } catch {
        call.fail(.unavailable(reason: "\(error)"))
      }
    }
  }

  /// The state of one event stream.
  ///
  /// Its fields never change. The position is passed from page to page instead.
  private struct EventStream: Sendable {
    /// The epoch of the store when the stream began; part of every cursor.
    let epoch: String
    /// The events to send; a nil field matches every event.
    let filter: EventFilter
    /// The call, which gets its answer at the end of the stream.
    let call: Exchange<ReadEvents>
    /// The mark that the client has left, and the number of the wait in the feed; not used without `follow`.
    let follower = Follower()

    /// Returns the position behind the event of this number.
    func position(_ sequence: Int64) -> EventPosition { EventPosition(epoch: epoch, sequence: sequence) }
  }

  /// Returns the number after which a stream begins, checked against the kept events.
  ///
  /// A client writes `epoch:number`, or only a number of this store. A number without an epoch is not protected against
  /// a replaced store. A number from 1 below the oldest kept event up to the newest one is valid, so a stream begins
  /// without a gap.
  ///
  /// - Returns: for an absent `after` the number of the newest event with `follow`, else the one before the oldest.
  /// - Throws: `Invalid` with the field `after` for a malformed text, one of more than 100 bytes, and a number behind
  ///   the newest event. `Expired`, with the oldest valid position, for another epoch and for events that are no longer
  ///   kept.
  private func start(of request: ReadEvents, in range: EventRange) throws -> Int64 {
    guard let text = request.after else { return request.follow == true ? range.newest : range.oldest - 1 }
    // Bounded, because the stream keeps the text until it ends.
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
      throw CallFailure.invalid(field: "after", reason: "\(number) is after the newest event, \(range.newest)")
    }
    return number
  }

  /// Sends the stored events page by page, then ends the stream.
  ///
  /// Each page is read in a slow turn of the user. The turn ends before the page is sent, so a client that reads slowly
  /// delays no other reader. One page examines at most 5,000 events, and may have no match. The slow reader answers
  /// with `Unavailable` while its disk is silent.
  private func sendEvents(after number: Int64, _ stream: EventStream) {
    slowTurns.take(for: stream.call.principal.user) { done in
      slow.events(after: number, matching: stream.filter, limit: Self.eventsAtOnce) { result in
        done()
        sendEvents(result, stream)
      }
    }
  }

  /// Sends one page, and reads the next one when the client can read more.
  ///
  /// The last reply is the position behind the last event that was examined, which is the newest one at that time.
  /// Events that are committed while the stream runs belong to it.
  ///
  /// A client that leaves ends the stream after the current page. `Expired` is answered if events behind the last page
  /// were removed meanwhile.
  private func sendEvents(_ result: Result<EventPage, Refusal>, _ stream: EventStream) {
    switch result {
    case .failure(let failure): stream.call.fail(CallFailure(failure))
    case .success(let page):
      if let firstKept = page.firstKept {
        return stream.call.fail(.expired(oldest: stream.position(firstKept - 1).description))
      }
      let replies = page.events.map { ReadEvents.Reply($0, epoch: stream.epoch) }
      stream.call.send(replies) { demand in
        guard demand == .more, !page.isLast else {
          return stream.call.answer(.init(position: stream.position(page.through)))
        }
        sendEvents(after: page.through, stream)
      }
    }
  }

  /// Sends new events until the client leaves or the daemon stops.
  ///
  /// The feed is asked for the next events when the client has read most of the last ones, and answers with at least
  /// one match. If a client reads so slowly that events are removed before it gets them, the stream ends with
  /// `Expired`. An archive that cannot be read ends it with `Unavailable`.
  ///
  /// - Parameters:
  ///   - number: the last event that was passed. The stream ends with its cursor, if no more events are sent.
  ///   - demand: whether the client still reads. The reply to one that has gone is dropped.
  private func follow(after number: Int64, _ stream: EventStream, _ demand: StreamDemand) {
    let end = ReadEvents.Reply(position: stream.position(number))
    guard demand == .more else { return stream.call.answer(end) }
    feed.next(after: number, for: stream.follower, isWanted: { stream.filter.matches($0) }) { answer in
      switch answer {
      case .events(let events, let through):
        let replies = events.map { ReadEvents.Reply($0, epoch: stream.epoch) }
        stream.call.send(replies) { follow(after: through, stream, $0) }
      case .expired(let firstKept):
        stream.call.fail(.expired(oldest: stream.position(firstKept - 1).description))
      case .gone, .closed: stream.call.answer(end)
      case .failed(let failure): stream.call.fail(CallFailure(failure))
      }
    }
  }
}
