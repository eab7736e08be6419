import CLinux
import Glibc

/// A signal of signal(7).
public struct Signal: Hashable, Sendable {
  /// From 1.
  public let number: Int32

  /// Wraps a number.
  public init(_ number: Int32) { self.number = number }

  /// Ends what can tidy up.
  public static let terminate = Signal(SIGTERM)
  /// Ends everything.
  public static let kill = Signal(SIGKILL)
  /// Read the configuration again.
  public static let hangUp = Signal(SIGHUP)
  /// For tests of faults.
  public static let user2 = Signal(SIGUSR2)
  /// Control-C.
  public static let interrupt = Signal(SIGINT)
  /// A child ended.
  public static let child = Signal(SIGCHLD)
  /// Somebody writes to a pipe or socket that nobody reads.
  public static let brokenPipe = Signal(SIGPIPE)
  /// Control-Z.
  public static let suspend = Signal(SIGTSTP)
  /// What was stopped goes on.
  public static let goOn = Signal(SIGCONT)
  /// A background job writes to its terminal.
  public static let backgroundOutput = Signal(SIGTTOU)
  /// The terminal has another size.
  public static let resize = Signal(SIGWINCH)
}

extension Signal: CustomStringConvertible {
  /// `SIGTERM`, or `signal 34` for those without a name.
  public var description: String {
    guard let name = tactus_signal_name(number) else { return "signal \(number)" }
    return String(cString: name)
  }
}

/// What a process does with signals as a whole.
public enum Signals {
  /// Keeps signals from interrupting, so that they can be taken by a ``SignalSource``.
  ///
  /// At the very start of `main`, before there are other threads: they inherit it. Children do not, see ``Spawner``.
  ///
  /// The main thread then waits by a semaphore, and neither in `dispatchMain()` nor in an `async` main: those wait in
  /// libdispatch's `_dispatch_sigsuspend` with an *empty* mask, so that the signals would end the process after all.
  public static func block(_ signals: [Signal]) {
    let answer = tactus_signal_block(signals.map(\.number), Int32(signals.count))
    guard answer == 0 else { fatalError("signals cannot be blocked: \(SystemError.words(for: -answer))") }
  }

  /// Makes a write to a closed pipe or socket an error instead of the end of the process; at the start of `main`.
  public static func ignoreBrokenPipes() {
    // Fails for numbers that are no signals only (signal(2)).
    _ = signal(SIGPIPE, SIG_IGN)
  }

  /// Makes a write beyond RLIMIT_FSIZE an error instead of the end of the process; at the start of `main`.
  public static func ignoreFileSizeLimits() { _ = signal(SIGXFSZ, SIG_IGN) }
}

/// A signal that came, and from whom.
public struct ReceivedSignal: Hashable, Sendable {
  /// Which.
  public var signal: Signal
  /// The sender's process; 0 from the kernel or another pid namespace.
  public var sender: Int
  /// The sender's user.
  public var user: UInt32
}

/// Takes signals as events on a work queue, by signalfd(2).
///
/// The signals have to be blocked in every thread (``Signals/block(_:)``). Several of one kind that come before the first is
/// taken are one.
public final class SignalSource {
  private let descriptor: Int32
  private var watch: ReadinessWatch?

  /// Keeps signals for later: those that arrive are taken when ``begin(on:handler:)`` is called.
  public init(_ signals: [Signal]) throws(SystemError) {
    descriptor = try check(
      tactus_signal_descriptor(signals.map(\.number), Int32(signals.count)), "make", "a signal descriptor")
  }

  /// Takes signals from now on; the handler runs on the queue, once for each.
  public convenience init(
    on queue: DispatchWorkQueue, signals: [Signal], handler: @escaping @Sendable (ReceivedSignal) -> Void
  ) throws(SystemError) {
    try self.init(signals)
    begin(on: queue, handler: handler)
  }

  deinit { if watch == nil { Descriptor.close(descriptor) } }

  /// Takes signals from now on, and those that were kept; called once.
  public func begin(on queue: DispatchWorkQueue, handler: @escaping @Sendable (ReceivedSignal) -> Void) {
    if watch != nil { fatalError("a signal source was begun twice") }
    let descriptor = descriptor
    watch = ReadinessWatch(owning: descriptor, on: queue) {
      var taken = tactus_signal()
      while tactus_signal_take(descriptor, &taken) == 1 {
        handler(ReceivedSignal(signal: Signal(taken.number), sender: Int(taken.sender), user: taken.user))
      }
    }
  }

  /// Ends the taking; the handler does not run any more after what runs now.
  public func cancel() { watch?.cancel() }
}
