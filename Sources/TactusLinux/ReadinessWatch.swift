import Dispatch
import Glibc

/// One long-lived Dispatch read source on a descriptor that never hangs up: an epoll descriptor, a timerfd, a signalfd.
///
/// Never on pipes, sockets or pidfds, because libdispatch on Linux corrupts itself when a descriptor hangs up
/// (swift-corelibs-libdispatch issue 949): those go into a ``Poller``.
final class ReadinessWatch {
  /// The descriptor; it belongs to the watch, which closes it.
  let descriptor: Int32

  private let source: any DispatchSourceRead

  /// Watches from now on; the handler runs on the queue, again and again until the descriptor is read.
  init(owning descriptor: Int32, on queue: DispatchWorkQueue, handler: @escaping @Sendable () -> Void) {
    self.descriptor = descriptor
    source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue.dispatchQueue)
    source.setEventHandler { @Sendable in handler() }
    // Only here, because until then Dispatch may still use the descriptor.
    source.setCancelHandler { @Sendable in _ = close(descriptor) }
    source.activate()
  }

  deinit { source.cancel() }

  /// Ends the watch; the handler does not run any more after what runs now, and the descriptor is closed.
  func cancel() { source.cancel() }
}
