import CLinux
import Glibc

/// Handles Control-C during a wait: it ends the wait first, and the process after its last output.
///
/// For single-threaded programs: in other threads the signal would act as usual.
public final class Interruption {
  /// Readable when the signal has arrived; nil if this process ignores it, as in the background of a script.
  public let descriptor: Int32?

  /// Holds back SIGINT from now on.
  public init() throws(SystemError) {
    guard tactus_signal_is_ignored(SIGINT) == 0 else {
      descriptor = nil
      return
    }
    descriptor = try check(tactus_signal_descriptor([SIGINT], 1), "create", "a signal descriptor")
    Signals.block([.interrupt])
  }

  deinit {
    guard let descriptor else { return }
    release()
    Descriptor.close(descriptor)
  }

  /// Releases the signal.
  ///
  /// If it arrived in the meantime, it ends the process here.
  ///
  /// It was never read from the descriptor, so the parent sees that the process was interrupted.
  public func release() {
    guard descriptor != nil else { return }
    // It fails only for invalid signal numbers (pthread_sigmask(3)).
    _ = tactus_signal_unblock([SIGINT], 1)
  }
}
