internal import Synchronization
internal import TactusModel
internal import TactusPorts

/// Hands new events to those who follow them: each is read once, however many follow, and nothing is read for nobody.
///
/// A follower asks for what comes after a place, is answered when there is something, and asks again when its client has
/// taken that: so a slow client needs no memory, and falls back to what the archive has.
actor EventFeed: QueueConfined {
  /// `tactus.events`.
  nonisolated let queue: any WorkQueue

  private let archive: any LedgerReader
  private var newest: Int64 = 0
  /// The newest events, oldest first: all of a range, but those that cannot be read.
  private var recent: [Event] = []
  /// The numbers of that range: above the first, up to the second.
  private var range: (after: Int64, through: Int64) = (0, 0)
  private var waits: [UInt64: Wait] = [:]
  private var isReading = false
  private var isClosing = false
  private var isClosed = false

  /// Events that are kept at hand.
  private static let recentLimit = 1024
  /// Events of one answer.
  private static let batch = 200

  /// What a follower is answered with.
  enum Answer: Sendable {
    /// Those that it wants, at least one, and the number up to which it has all.
    case events([Event], through: Int64)
    /// What it asked for is no longer kept; the first that is.
    case expired(firstKept: Int64)
    /// Its client has gone.
    case gone
    /// The daemon stops.
    case closed
    /// The archive cannot be read.
    case failed(LedgerFailure)
  }

  private struct Wait {
    let stream: Follower
    var position: Int64
    let isWanted: @Sendable (Event) -> Bool
    let answer: @Sendable (Answer) -> Void
  }

  /// A feed without followers.
  init(queue: any WorkQueue, archive: any LedgerReader) {
    self.queue = queue
    self.archive = archive
  }

  /// The number of the newest event that is durable.
  nonisolated func advance(to number: Int64) {
    post { feed in
      feed.newest = number
      feed.read()
    }
  }

  /// Answers once with events after a number that are wanted.
  nonisolated func next(
    after number: Int64, for stream: Follower, isWanted: @escaping @Sendable (Event) -> Bool,
    answer: @escaping @Sendable (Answer) -> Void
  ) {
    post { feed in
      feed.serve(Wait(stream: stream, position: number, isWanted: isWanted, answer: answer))
    }
  }

  /// Answers the wait of a follower whose client has gone, or that has what it wants.
  nonisolated func cancel(_ stream: Follower) {
    post { $0.waits.removeValue(forKey: stream.number)?.answer(.gone) }
  }

  /// Hands out what is durable by now, then answers all waits, and those that come later.
  nonisolated func close() {
    post { feed in
      feed.isClosing = true
      feed.read()
      feed.finishClosing()
    }
  }

  private func finishClosing() {
    guard isClosing, !isReading else { return }
    isClosed = true
    let parked = waits.values
    waits.removeAll()
    for wait in parked { wait.answer(.closed) }
  }

  // MARK: Reading

  /// Serves a wait from what is at hand, else from the archive, else when more comes.
  private func serve(_ wait: Wait) {
    guard wait.position < newest else {
      // Looked at here, where it would stay: a client may leave while the archive is asked.
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
            return wait.answer(.failed(.unavailable(reason: "an event is missing")))
          }
          feed.offer(page.events[...], through: page.through, wait)
        }
      }
    }
  }

  /// Answers a wait with the wanted ones among events that follow its place, or has it wait on behind them.
  /// - Parameter end: up to which number these are all that can be read.
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

  /// Reads what is new, if anybody waits for it.
  private func read() {
    guard !waits.isEmpty, !isReading else { return }
    let last = max(range.through, waits.values.map(\.position).min() ?? 0)
    guard newest > last else { return }
    isReading = true
    archive.events(after: last, matching: EventFilter(), limit: Self.recentLimit) { result in
      self.post { $0.take(result, after: last) }
    }
  }

  private func take(_ result: Result<EventPage, LedgerFailure>, after last: Int64) {
    isReading = false
    let waiting = waits
    waits.removeAll()
    switch result {
    case .failure(let failure):
      for wait in waiting.values { wait.answer(.failed(failure)) }
    case .success(let page):
      keep(page, after: last)
      for wait in waiting.values { serve(wait) }
    }
    read()
    finishClosing()
  }

  private func keep(_ page: EventPage, after last: Int64) {
    guard page.through > last else { return }
    // What does not go on where it ended (nobody followed meanwhile, or some are no longer kept) begins anew.
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

/// Somebody who follows something, until its client has gone.
final class Follower: Sendable {
  /// Tells it from others.
  let number: UInt64
  private let gone = Atomic(false)
  private static let numbers = Atomic<UInt64>(0)

  init() { number = Self.numbers.add(1, ordering: .relaxed).newValue }

  /// Whether its client has gone.
  var isGone: Bool { gone.load(ordering: .acquiring) }

  func leave() { gone.store(true, ordering: .releasing) }
}
