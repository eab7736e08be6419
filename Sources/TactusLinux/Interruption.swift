import CLinux
import Glibc

/// Control-C while something is waited for: it ends the wait first, and the process when that has said its last word.
///
/// For programs of one thread: others would take the signal as ever.
public final class Interruption {
  /// Can be read when the signal has come; nil if this process takes no notice of it, as in the background of a script.
  public let descriptor: Int32?

  /// Keeps SIGINT back from now on.
  public init() throws(SystemError) {
    guard tactus_signal_is_ignored(SIGINT) == 0 else {
      descriptor = nil
      return
    }
    descriptor = try check(tactus_signal_descriptor([SIGINT], 1), "make", "a signal descriptor")
    Signals.block([.interrupt])
  }

  deinit {
    guard let descriptor else { return }
    release()
    Descriptor.close(descriptor)
  }

  /// Lets the signal do what it does: one that was kept back ends the process here.
  ///
  /// It was never taken from the descriptor, so that whoever started this process sees that it was interrupted.
  public func release() {
    guard descriptor != nil else { return }
    // Fails for numbers that are no signals only (pthread_sigmask(3)).
    _ = tactus_signal_unblock([SIGINT], 1)
  }
}
