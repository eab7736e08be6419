import Glibc
import TactusLinux
import TactusModel
import TactusPorts

/// The descriptors of a process runner: its poller, the meaning of each registration, and what all jobs share.
final class ProcessWatches {
  /// The owner of a ready descriptor.
  enum Target {
    /// The main process of an attempt has ended.
    case main(JobID)
    /// A pipe has data, or has ended.
    case output(JobID, OutputStream)
    /// The rest of an attempt has changed.
    case rest(JobID)
    /// The control group that a job left at its end has changed.
    case left(JobID)
  }

  /// `/dev/null`, every job's standard input.
  let null: Int32
  /// The buffer for every read, as large as a pipe.
  let buffer: UnsafeMutableRawBufferPointer

  private let poller: Poller
  private var targets: [Poller.Token: Target] = [:]

  init(on queue: DispatchWorkQueue, wake: @escaping @Sendable () -> Void) throws(SystemError) {
    Children.keep()
    null = try Descriptor.open("/dev/null", O_RDONLY)
    do { poller = try Poller(on: queue, wake: wake) } catch {
      Descriptor.close(null)
      throw error
    }
    buffer = .allocate(byteCount: 64 << 10, alignment: 16)
  }

  deinit {
    poller.cancel()
    Descriptor.close(null)
    buffer.deallocate()
  }

  /// Watches a descriptor until ``remove(_:)``.
  func add(
    _ descriptor: Int32, for interest: Poller.Interest = .read, as target: Target
  ) throws(SystemError) -> Poller.Token {
    let token = try poller.add(descriptor, for: interest)
    targets[token] = target
    return token
  }

  func change(_ token: Poller.Token, to interest: Poller.Interest) { poller.change(token, to: interest) }

  func remove(_ token: Poller.Token) {
    poller.remove(token)
    targets[token] = nil
  }

  func drain(_ body: (Target, Poller.Token) -> Void) {
    poller.drain { token, _ in
      if let target = targets[token] { body(target, token) }
    }
  }
}
