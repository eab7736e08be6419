internal import TactusModel
public import TactusPorts

/// Delivers new events to followers: each new event is read once for all that wait, and never if no follower waits.
///
/// A follower requests the events after a position, gets them when there are some, and requests more when its client
/// has received them. So a slow client needs no memory: it reads from the archive.
///
/// - Any queue may call. All calls return at once. All answers are given on ``queue``.
/// - Order: a follower that always continues after `through` gets each wanted event once, in the order of the numbers.
///   An event whose row cannot be read is left out. Followers have no order among each other.
/// - Memory: at most 1,024 events, one wait for each follower, and a page of at most 1,024 events for each follower
///   that is behind. The followers are bounded by the connections, because each has one stream at a time.
/// - A follower whose next event is durable but not kept reads the archive for itself, one page at a time.
/// - A failed read is not repeated. It answers the waits that needed it.
public actor EventFeed: QueueConfined {
  /// The queue of the state and of all answers, a leaf: `tactus.events`.
  public nonisolated let queue: any WorkQueue

  /// The reader of events; it waits for a slow disk, and so do the followers.
  private let archive: any LedgerReader
  /// The number of the newest durable event; 0 before the first ``advance(to:)``.
  ///
  /// The archive may already return later events, because a commit is visible before it is reported here.
  private var newest: Int64 = 0
  /// The newest events, oldest first: all readable ones of `range`.
  ///
  /// They are kept without followers also, until the next read.
  private var recent: [Event] = []
  /// The numbers of `recent`: above `after`, up to `through`.
  private var range: (after: Int64, through: Int64) = (0, 0)
  /// The waits for the next event, by the number of their follower; each is answered once.
  private var waits: [UInt64: Wait] = [:]
  /// Whether new events are being read; reads for single followers do not count.
  private var isReading = false
  /// Whether the stop has begun: the waits end after the read that is under way.
  private var isClosing = false
  /// Whether the waits have ended: later ones end as soon as they have all events.
  private var isClosed = false

  /// The most events kept in memory, and the most that one read returns.
  private static let recentLimit = 1024
  /// The most events in one answer.
  private static let batch = 200

  /// The answer to a follower.
  enum Answer: Sendable {
    /// At least one wanted event, at most 200, oldest first, and the number up to which the follower has all.
    ///
    /// Continue after `through`. It may be above the number of the last event, because unwanted events are skipped.
    case events([Event], through: Int64)
    /// The requested events are no longer kept; the first event that is.
    ///
    /// A follower may continue after `firstKept - 1`, and then lacks the events before.
    case expired(firstKept: Int64)
    /// The client has left, or the wait was canceled.
    case gone
    /// The daemon is stopping, and the follower has all events.
    case closed
    /// The archive cannot be read, or lacks an event that it should have; the follower may request again.
    case failed(Refusal)
  }

  /// A request of a follower that is not answered yet.
  private struct Wait {
    /// The follower, which has no other wait.
    let stream: Follower
    /// The number up to which the follower has all events; it rises when unwanted events are skipped.
    var position: Int64
    /// The filter; runs on the feed's queue, once for each event.
    let isWanted: @Sendable (Event) -> Bool
    /// Called once, on the feed's queue.
    let answer: @Sendable (Answer) -> Void
  }

  /// Creates a feed without followers, which reads nothing before the first ``advance(to:)``.
  ///
  /// - Parameters:
  ///   - queue: the queue of the feed alone.
  ///   - archive: the reader of events; it may answer on any queue.
  public init(queue: any WorkQueue, archive: any LedgerReader) {
    self.queue = queue
    self.archive = archive
  }

  /// Notes the number of the newest durable event, and reads the new events if a follower waits.
  ///
  /// The store calls it after each commit with events, before it answers the writes. Commits
  /// during a read share the next read.
  public nonisolated func advance(to number: Int64) {
    post { feed in
      feed.newest = max(feed.newest, number)
      feed.read()
    }
  }

  /// Answers once, with wanted events after a number.
  ///
  /// Stored events are answered as soon as they are read. Without a wanted one, the wait lasts until there is one,
  /// without a time limit. It can be ended with ``cancel(_:)``.
  ///
  /// - Parameters:
  ///   - number: the position after which to begin. It may be above the newest event that the feed knows.
  ///   - stream: the follower. It may not have another wait: the earlier one would be replaced and get no answer.
  ///   - isWanted: the filter. It runs on ``queue`` for each event, so it must be quick.
  ///   - answer: called on ``queue``.
  nonisolated func next(
    after number: Int64, for stream: Follower, isWanted: @escaping @Sendable (Event) -> Bool,
    answer: @escaping @Sendable (Answer) -> Void
  ) {
    post { feed in
      feed.serve(Wait(stream: stream, position: number, isWanted: isWanted, answer: answer))
    }
  }

  /// Ends the wait of a follower whose client has left, or that needs no more.
  ///
  /// The wait is answered with `gone`. Without a wait this does nothing. A wait whose events are being read from the
  /// archive is not found. So call ``Follower/leave()`` first: that wait ends at the latest when it has all events.
  nonisolated func cancel(_ stream: Follower) {
    post { $0.waits.removeValue(forKey: stream.number)?.answer(.gone) }
  }

  /// Delivers the durable events, then ends all waits, and later ones at once.
  ///
  /// Waits without events are answered with `closed`. A follower that is behind still gets its events first. The daemon
  /// calls this when its workers have drained, so followers also see the last ends. If a read does not return, because
  /// the disk is silent, the waits stay open until it does.
  public nonisolated func close() {
    post { feed in
      feed.isClosing = true
      feed.read()
      feed.finishClosing()
    }
  }

  /// Ends all waits, if the stop has begun and no new events are being read.
  ///
  /// Called at the stop and after each read.
  private func finishClosing() {
    guard isClosing, !isReading else { return }
    isClosed = true
    let parked = waits.values
    waits.removeAll()
    for wait in parked { wait.answer(.closed) }
  }

  // MARK: Reading

  /// Serves a wait from memory, else from the archive, else with the next events.
  ///
  /// - A position within ``range`` is served from memory.
  /// - Any other position below the newest event costs one read of at most 1,024 events for this follower alone. It is
  ///   not in ``waits`` meanwhile.
  /// - A position at the newest event, or above it, waits, unless the client has left or the feed is closed.
  ///
  /// A page without progress, although newer events are durable, means damage. It is answered with `missingEvent`, so
  /// that no follower reads in a loop.
  private func serve(_ wait: Wait) {
    guard wait.position < newest else {
      // Checked here, because a client may leave while the archive is read.
      if wait.stream.isGone { return wait.answer(.gone) }
      if isClosed { return wait.answer(.closed) }
      waits[wait.stream.number] = wait
      return
    }
    if range.after <= wait.position, wait.position < range.through {
      let start = recent.firstIndex { $0.sequence > wait.position } ?? recent.endIndex
      return offer(recent[start...], through: range.through, wait)
    }
    archive.events(after: wait.position, matching: EventFilter(), limit: Self.recentLimit) { result in
      self.post { feed in
        switch result {
        case .failure(let failure): wait.answer(.failed(failure))
        case .success(let page):
          if let firstKept = page.firstKept { return wait.answer(.expired(firstKept: firstKept)) }
          guard page.through > wait.position else {
            return wait.answer(.failed(.unavailable(.missingEvent)))
          }
          feed.offer(page.events[...], through: page.through, wait)
        }
      }
    }
  }

  /// Answers a follower with the wanted events after its position; without one, the follower waits.
  ///
  /// Events after the 200th wanted one are left for the next request.
  ///
  /// - Parameters:
  ///   - events: the readable events after the position, oldest first.
  ///   - end: the number up to which these are all readable events.
  private func offer(_ events: ArraySlice<Event>, through end: Int64, _ wait: Wait) {
    var wait = wait
    var wanted: [Event] = []
    for event in events where wanted.count < Self.batch {
      wait.position = event.sequence
      if wait.isWanted(event) { wanted.append(event) }
    }
    if wanted.count < Self.batch { wait.position = max(wait.position, end) }
    guard wanted.isEmpty else { return wait.answer(.events(wanted, through: wait.position)) }
    serve(wait)
  }

  /// Reads new events, if a follower waits and no such read is under way.
  ///
  /// It begins after the last kept event, or after the lowest position of a wait if that is higher. So events that
  /// nobody waited for are not read.
  private func read() {
    guard !waits.isEmpty, !isReading else { return }
    let last = max(range.through, waits.values.map(\.position).min() ?? 0)
    guard newest > last else { return }
    isReading = true
    archive.events(after: last, matching: EventFilter(), limit: Self.recentLimit) { result in
      self.post { $0.take(result, after: last) }
    }
  }

  /// Keeps the events of a read, serves all waits, and reads again if there are more events.
  ///
  /// Waits that were added during the read are served also. A failure answers all of them.
  ///
  /// - Parameter last: the number after which the read began.
  private func take(_ result: Result<EventPage, Refusal>, after last: Int64) {
    isReading = false
    let waiting = waits
    waits.removeAll()
    switch result {
    case .failure(let failure):
      for wait in waiting.values { wait.answer(.failed(failure)) }
    case .success(let page):
      keep(page, after: last)
      // A commit can be read before it is noted. Its events must not wait for those of the next.
      newest = max(newest, page.through)
      for wait in waiting.values { serve(wait) }
    }
    read()
    finishClosing()
  }

  /// Adds a page to the kept events, and drops the oldest above 1,024.
  ///
  /// A page without progress is ignored.
  ///
  /// - Parameter last: the number after which the page begins.
  private func keep(_ page: EventPage, after last: Int64) {
    guard page.through > last else { return }
    // A gap (nobody followed meanwhile, or some events are no longer kept) starts a new range.
    if range.through != last || page.firstKept != nil {
      recent.removeAll()
      range.after = page.firstKept.map { $0 - 1 } ?? last
    }
    recent += page.events
    range.through = page.through
    guard recent.count > Self.recentLimit else { return }
    let surplus = recent.count - Self.recentLimit
    range.after = recent[surplus - 1].sequence
    recent.removeFirst(surplus)
  }
}
