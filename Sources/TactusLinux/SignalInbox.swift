import CLinux

/// Signals of a program with one thread: they wait here until they are taken, by signalfd(2).
///
/// Several of one kind that come before the first is taken are one.
public final class SignalInbox {
  /// Can be read when a signal waits.
  public let descriptor: Int32

  /// Keeps signals from interrupting from now on; before there are other threads, see ``Signals/block(_:)``.
  public init(_ signals: [Signal]) throws(SystemError) {
    Signals.block(signals)
    descriptor = try check(
      tactus_signal_descriptor(signals.map(\.number), Int32(signals.count)), "make", "a signal descriptor")
  }

  deinit { Descriptor.close(descriptor) }

  /// The next signal that waits.
  public func take() -> Signal? {
    var taken = tactus_signal()
    return tactus_signal_take(descriptor, &taken) == 1 ? Signal(taken.number) : nil
  }

  /// Lets a signal that was taken do what it does to those who do not take it: it ends the process, or stops it for a while.
  public static func obey(_ signal: Signal) {
    let answer = tactus_signal_obey(signal.number)
    guard answer == 0 else { fatalError("\(signal) cannot be raised: \(SystemError.words(for: -answer))") }
  }
}
