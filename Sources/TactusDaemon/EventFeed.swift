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
  /// The newest events, dense, oldest first.
  private var recent: [Event] = []
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
    if let first = recent.first?.sequence, let last = recent.last?.sequence, (first - 1..<last).contains(wait.position)
    {
      return offer(recent[Int(wait.position - first + 1)...], wait)
    }
    archive.events(after: wait.position, matching: EventFilter(), limit: Self.recentLimit) { result in
      self.post { feed in
        switch result {
        case .failure(let failure): wait.answer(.failed(failure))
        case .success(let page):
          if let firstKept = page.firstKept { return wait.answer(.expired(firstKept: firstKept)) }
          guard !page.events.isEmpty else { return wait.answer(.failed(.unavailable(reason: "an event is missing"))) }
          feed.offer(page.events[...], wait)
        }
      }
    }
  }

  /// Answers a wait with the wanted ones among events that follow its place, or has it wait on behind them.
  private func offer(_ events: ArraySlice<Event>, _ wait: Wait) {
    var wait = wait
    var wanted: [Event] = []
    for event in events where wanted.count < Self.batch {
      wait.position = event.sequence
      if wait.isWanted(event) { wanted.append(event) }
    }
    guard wanted.isEmpty else { return wait.answer(.events(wanted, through: wait.position)) }
    serve(wait)
  }

  /// Reads what is new, if anybody waits for it.
  private func read() {
    guard !waits.isEmpty, !isReading else { return }
    let last = max(recent.last?.sequence ?? 0, waits.values.map(\.position).min() ?? 0)
    guard newest > last else { return }
    isReading = true
    archive.events(after: last, matching: EventFilter(), limit: Self.recentLimit) { result in
      self.post { $0.take(result) }
    }
  }

  private func take(_ result: Result<EventPage, LedgerFailure>) {
    isReading = false
    let waiting = waits
    waits.removeAll()
    switch result {
    case .failure(let failure):
      for wait in waiting.values { wait.answer(.failed(failure)) }
    case .success(let page):
      keep(page.events)
      for wait in waiting.values { serve(wait) }
    }
    read()
    finishClosing()
  }

  private func keep(_ events: [Event]) {
    guard let first = events.first else { return }
    // What does not go on where it ended (nobody followed meanwhile) begins anew.
    if recent.last?.sequence != first.sequence - 1 { recent.removeAll() }
    recent += events
    if recent.count > Self.recentLimit { recent.removeFirst(recent.count - Self.recentLimit) }
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
