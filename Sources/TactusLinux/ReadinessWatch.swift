import Dispatch
import Glibc

/// A long-lived Dispatch read source on a descriptor that never hangs up: an epoll descriptor, a timerfd or a signalfd.
///
/// It must not watch pipes, sockets or pidfds: libdispatch on Linux corrupts its state when a descriptor hangs up
/// (swift-corelibs-libdispatch issue 949). Those belong in a ``Poller``.
final class ReadinessWatch {
  /// The descriptor.
  ///
  /// The watch owns and closes it.
  let descriptor: Int32

  private let source: any DispatchSourceRead

  /// Starts watching.
  ///
  /// The handler runs on the queue, repeatedly until the descriptor is read.
  init(owning descriptor: Int32, on queue: DispatchWorkQueue, handler: @escaping @Sendable () -> Void) {
    self.descriptor = descriptor
    source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue.dispatchQueue)
    source.setEventHandler { @Sendable in handler() }
    // Closed only here, because Dispatch may use the descriptor until then.
    source.setCancelHandler { @Sendable in _ = close(descriptor) }
    source.activate()
  }

  deinit { source.cancel() }

  /// Ends the watch and closes the descriptor.
  ///
  /// The handler does not run again after a current call.
  func cancel() { source.cancel() }
}
