import CLinux
import Glibc

/// A signal of signal(7).
public struct Signal: Hashable, Sendable {
  /// The number, from 1.
  public let number: Int32

  /// Wraps a number.
  public init(_ number: Int32) { self.number = number }

  /// Asks a process to end.
  public static let terminate = Signal(SIGTERM)
  /// Ends a process at once.
  public static let kill = Signal(SIGKILL)
  /// Asks a daemon to reload its configuration.
  public static let hangUp = Signal(SIGHUP)
  /// For fault tests.
  public static let user2 = Signal(SIGUSR2)
  /// Control-C.
  public static let interrupt = Signal(SIGINT)
  /// A child ended.
  public static let child = Signal(SIGCHLD)
  /// A write to a pipe or socket without a reader.
  public static let brokenPipe = Signal(SIGPIPE)
  /// Control-Z.
  public static let suspend = Signal(SIGTSTP)
  /// Continues a stopped process.
  public static let goOn = Signal(SIGCONT)
  /// A background job writes to its terminal.
  public static let backgroundOutput = Signal(SIGTTOU)
  /// The terminal changed its size.
  public static let resize = Signal(SIGWINCH)
}

extension Signal: CustomStringConvertible {
  /// `SIGTERM`, or `signal 34` for signals without a name.
  public var description: String {
    guard let name = tactus_signal_name(number) else { return "signal \(number)" }
    return String(cString: name)
  }
}

/// The signal settings of a process.
public enum Signals {
  /// Blocks signals, so that a ``SignalSource`` can take them.
  ///
  /// Called at the start of `main`, before other threads exist, because they inherit the mask. Children do not, see
  /// ``Spawner``.
  ///
  /// The main thread must then wait on a semaphore, not in `dispatchMain()` or an `async` main. Those wait in
  /// libdispatch's `_dispatch_sigsuspend` with an *empty* mask, and the signals would end the process.
  public static func block(_ signals: [Signal]) {
    let answer = tactus_signal_block(signals.map(\.number), Int32(signals.count))
    guard answer == 0 else { fatalError("signals cannot be blocked: \(SystemError.words(for: -answer))") }
  }

  /// Turns a write to a closed pipe or socket into an error instead of a fatal signal.
  ///
  /// Called at the start of `main`.
  public static func ignoreBrokenPipes() {
    // It fails only for invalid signal numbers (signal(2)).
    _ = signal(SIGPIPE, SIG_IGN)
  }

  /// Turns a write beyond RLIMIT_FSIZE into an error instead of a fatal signal.
  ///
  /// Called at the start of `main`.
  public static func ignoreFileSizeLimits() { _ = signal(SIGXFSZ, SIG_IGN) }
}

/// A received signal and its sender.
public struct ReceivedSignal: Hashable, Sendable {
  /// The signal.
  public var signal: Signal
  /// The sender's process; 0 for the kernel or another pid namespace.
  public var sender: Int
  /// The sender's user.
  public var user: UInt32
}

/// Delivers signals as events on a work queue, by signalfd(2).
///
/// The signals must be blocked in every thread (``Signals/block(_:)``). Several signals of one kind that arrive before
/// the first is taken count as one.
public final class SignalSource {
  private let descriptor: Int32
  private var watch: ReadinessWatch?

  /// Keeps signals until ``begin(on:handler:)`` is called.
  public init(_ signals: [Signal]) throws(SystemError) {
    descriptor = try check(
      tactus_signal_descriptor(signals.map(\.number), Int32(signals.count)), "create", "a signal descriptor")
  }

  /// Delivers signals from now on.
  ///
  /// The handler runs on the queue, once for each.
  public convenience init(
    on queue: DispatchWorkQueue, signals: [Signal], handler: @escaping @Sendable (ReceivedSignal) -> Void
  ) throws(SystemError) {
    try self.init(signals)
    begin(on: queue, handler: handler)
  }

  deinit { if watch == nil { Descriptor.close(descriptor) } }

  /// Delivers signals from now on, including those kept so far.
  ///
  /// Called once.
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

  /// Stops the delivery.
  ///
  /// The handler does not run again after a current call.
  public func cancel() { watch?.cancel() }
}
