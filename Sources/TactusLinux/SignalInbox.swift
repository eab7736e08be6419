import CLinux

/// Keeps the signals of a single-threaded program until they are taken, by signalfd(2).
///
/// Several signals of one kind that arrive before the first is taken count as one.
public final class SignalInbox {
  /// Readable when a signal waits.
  public let descriptor: Int32

  /// Blocks signals from now on.
  ///
  /// Called before other threads exist, see ``Signals/block(_:)``.
  public init(_ signals: [Signal]) throws(SystemError) {
    Signals.block(signals)
    descriptor = try check(
      tactus_signal_descriptor(signals.map(\.number), Int32(signals.count)), "create", "a signal descriptor")
  }

  deinit { Descriptor.close(descriptor) }

  /// The next waiting signal; nil without one.
  public func take() -> Signal? {
    var taken = tactus_signal()
    return tactus_signal_take(descriptor, &taken) == 1 ? Signal(taken.number) : nil
  }

  /// Applies the default action of a signal that was taken: it ends the process, or stops it until SIGCONT.
  public static func obey(_ signal: Signal) {
    let answer = tactus_signal_obey(signal.number)
    guard answer == 0 else { fatalError("\(signal) cannot be raised: \(SystemError.words(for: -answer))") }
  }
}
