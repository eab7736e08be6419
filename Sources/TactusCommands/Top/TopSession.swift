import Glibc
import TactusLinux
import TactusModel
import TactusProtocol
import TactusTransport

/// A running `top`: waits for events, answers, keys, signals and time on one thread, and paints.
struct TopSession {
  private let path: String
  private let screen: TerminalScreen
  private let signals: SignalInbox
  private var link: TopLink?
  private var state = TopState()
  private var news = TopNews()
  private var pace = TopPace()
  private var needsPainting = true
  private var repaintAt: MonotonicInstant?
  private var retryAt: MonotonicInstant?
  private let time = SystemTime()

  /// The signals that end it; the others concern the terminal.
  private static let ending: [Signal] = [.interrupt, .terminate, .hangUp]
  private static let all = ending + [.suspend, .goOn, .resize]

  /// Connects, and does not change the terminal before ``run()``.
  init(path: String, hasColours: Bool) throws {
    self.path = path
    // Fails here, before the terminal is changed, without a daemon or the right to see events.
    let link = try TopLink(path: path)
    try link.awaitEvents()
    self.link = link
    news = .everything
    signals = try SignalInbox(Self.all)
    screen = TerminalScreen(STDOUT_FILENO, hasColours: hasColours)
  }

  /// Shows the daemon until a key or a signal ends it.
  ///
  /// - Returns: the signal that ended it; nil for a key.
  mutating func run() throws -> Signal? {
    defer { screen.leave() }
    if let signal = try enter() { return signal }
    while true {
      try ask()
      paint()
      if let end = try wait() { return end.signal }
    }
  }

  /// The end, by a signal or by a key.
  private struct End {
    var signal: Signal?
  }

  // MARK: Waiting

  private mutating func wait() throws -> End? {
    let now = time.monotonic
    var deadlines = [retryAt, screen.isBusy ? nil : repaintAt].compactMap(\.self)
    if let link, isCurious, !link.isAsking { deadlines.append(pace.next(after: now)) }
    let ready = try DescriptorWait.ready(
      toRead: [signals.descriptor] + [screen.keys].compactMap(\.self) + (link?.descriptors ?? []),
      toWrite: screen.isBusy ? [screen.output] : [], within: deadlines.min().map { $0 - now })
    if !ready.writers.isEmpty { screen.flush() }
    if ready.readers.contains(signals.descriptor), let signal = try takeSignals() { return End(signal: signal) }
    if let keys = screen.keys, ready.readers.contains(keys), takeKeys(keys) { return End() }
    try takeArrivals(ready.readers)
    let then = time.monotonic
    if let due = repaintAt, due <= then {
      repaintAt = nil
      needsPainting = true
    }
    if let due = retryAt, due <= then { try connect() }
    return nil
  }

  // MARK: The daemon

  /// Whether to send queries; also during a pause if the daemon is away, to notice that it is back.
  private var isCurious: Bool { !news.isEmpty && (!state.isPaused || state.absence != nil) }

  private mutating func ask() throws {
    guard let link, isCurious, !link.isAsking else { return }
    let now = time.monotonic
    guard pace.next(after: now) <= now else { return }
    pace.begin(at: now)
    do {
      try link.ask(news.take())
    } catch {
      try lose(error)
    }
  }

  private mutating func takeArrivals(_ ready: Set<Int32>) throws {
    guard let link else { return }
    do {
      for arrival in try link.take(from: ready) {
        switch arrival {
        case .event(let event): news.add(event)
        case .answer(let answer):
          state.take(answer)
          if case .workflows(_, _, let next?) = answer { try link.ask([.workflows(after: next)]) }
          // Paints only after the last answer: a partial picture would move twice.
          if !link.isAsking { needsPainting = true }
        case .end(let reason): return lose(because: reason)
        }
      }
    } catch {
      try lose(error)
    }
  }

  private mutating func connect() throws {
    retryAt = nil
    do {
      link = try TopLink(path: path)
      news = .everything
    } catch {
      try lose(error)
    }
  }

  /// Handles a lost connection; any other error ends the program.
  private mutating func lose(_ error: any Error) throws {
    switch error {
    case ControlError.unreachable(_, let reason): lose(because: "no daemon answers: \(reason)")
    case ControlError.lost(_, let reason): lose(because: reason)
    case ControlError.failed(.unavailable(let reason)): lose(because: reason)
    case ControlError.failed(.busy): lose(because: "the daemon is busy")
    default: throw error
    }
  }

  private mutating func lose(because reason: String) {
    link = nil
    news = TopNews()
    state.lose(reason, at: time.now)
    retryAt = time.monotonic + TopPace.retry
    needsPainting = true
  }

  // MARK: The terminal

  private mutating func paint() {
    guard needsPainting, screen.isEntered, !screen.isBusy else { return }
    needsPainting = false
    let now = time.now
    let size = Terminal.size(of: STDOUT_FILENO)
    let picture = TopScreen(
      state, columns: size.columns, rows: size.rows, now: now, zoneOffset: SystemTime.zoneOffset(at: now))
    screen.show(picture.lines, columns: size.columns)
    repaintAt = picture.constancy.map { time.monotonic + $0 }
  }

  /// Handles keys, and returns whether they end the program.
  private mutating func takeKeys(_ keys: Int32) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 64)
    guard case .bytes(let count) = buffer.withUnsafeMutableBytes({ Descriptor.read(keys, into: $0) }) else {
      return true
    }
    for key in buffer[..<count] {
      switch key {
      // The rest is the sequence of another key.
      case 0x1B: return false
      case UInt8(ascii: "q"): return true
      case UInt8(ascii: "p"):
        state.isPaused.toggle()
        needsPainting = true
      case 0x0C:
        screen.repaint()
        needsPainting = true
      default: break
      }
    }
    return false
  }

  /// Handles signals, and returns the one that ends the program.
  private mutating func takeSignals() throws -> Signal? {
    while let signal = signals.take() {
      switch signal {
      case .resize:
        screen.repaint()
        needsPainting = true
      case .goOn:
        try screen.reenter()
        needsPainting = true
      case .suspend:
        screen.leave()
        SignalInbox.obey(.suspend)
        if let end = try enter() { return end }
      default: return signal
      }
    }
    return nil
  }

  /// Enters the terminal as soon as this process is in the foreground.
  ///
  /// - Returns: a signal that ends the program before that.
  private mutating func enter() throws -> Signal? {
    if let signal = takePending().end { return signal }
    while !Terminal.isForeground(STDOUT_FILENO) {
      SignalInbox.obey(.backgroundOutput)
      let (end, wentOn) = takePending()
      if let end { return end }
      // The system does not stop an orphaned process group (setpgid(2)): no shell can bring it to the foreground.
      guard wentOn else {
        throw Complaint("the terminal belongs to another process group. Start top in the foreground.", .failed)
      }
    }
    try screen.enter()
    needsPainting = true
    return nil
  }

  private func takePending() -> (end: Signal?, wentOn: Bool) {
    var wentOn = false
    while let signal = signals.take() {
      if Self.ending.contains(signal) { return (signal, wentOn) }
      if signal == .goOn { wentOn = true }
    }
    return (nil, wentOn)
  }
}
