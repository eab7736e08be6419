import CLinux
import Dispatch

/// Watches many descriptors through one epoll descriptor, and that by one Dispatch source on the owner's queue.
///
/// Belongs to one actor on one ``DispatchWorkQueue``. Every method is called on that queue. A descriptor is removed
/// here before it is closed, because a child between fork and exec holds a copy that would keep the registration alive.
public final class Poller {
  private let watch: ReadinessWatch
  private var watched: [UInt64: Watched] = [:]
  private var lastTag: UInt64 = 0
  private var ready = [tactus_ready](repeating: tactus_ready(), count: Poller.batch)

  private static let batch = 128
  /// How many rounds one ``drain(_:)`` polls before it returns to the queue.
  private static let rounds = 4

  /// Identifies a registration; never reused.
  public struct Token: Hashable, Sendable {
    fileprivate let tag: UInt64
  }

  /// The events to wait for.
  ///
  /// Hang-ups and errors are always reported, unless the interest is empty.
  public struct Interest: OptionSet, Sendable {
    /// The bits of epoll(7).
    public let rawValue: UInt32
    /// Wraps bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Data or a connection is available.
    public static let read = Interest(rawValue: UInt32(TACTUS_EPOLLIN.rawValue))
    /// Data can be written.
    public static let write = Interest(rawValue: UInt32(TACTUS_EPOLLOUT.rawValue))
    /// The exceptional condition of poll(2), such as a change of `cgroup.events`.
    public static let priority = Interest(rawValue: UInt32(TACTUS_EPOLLPRI.rawValue))
    /// Only a hang-up or an error.
    public static let hangup = Interest(rawValue: UInt32(TACTUS_EPOLLHUP.rawValue))
    /// Edge-triggered: reported once per change, for owners that peek without reading.
    public static let edge = Interest(rawValue: UInt32(TACTUS_EPOLLET.rawValue))
    /// No event, not even a hang-up.
    ///
    /// The registration is paused.
    public static let none: Interest = []
  }

  /// The events that a descriptor is ready for.
  public struct Readiness: OptionSet, Sendable {
    /// The bits of epoll(7).
    public let rawValue: UInt32
    /// Wraps bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Data or a connection is available.
    public static let read = Readiness(rawValue: UInt32(TACTUS_EPOLLIN.rawValue))
    /// Data can be written.
    public static let write = Readiness(rawValue: UInt32(TACTUS_EPOLLOUT.rawValue))
    /// The exceptional condition of poll(2).
    public static let priority = Readiness(rawValue: UInt32(TACTUS_EPOLLPRI.rawValue))
    /// The other side is gone.
    ///
    /// Data may still be available.
    public static let hangup = Readiness(rawValue: UInt32(TACTUS_EPOLLHUP.rawValue))
    /// The descriptor has an error, or the reader of a pipe is gone.
    public static let error = Readiness(rawValue: UInt32(TACTUS_EPOLLERR.rawValue))
  }

  private struct Watched {
    let descriptor: Int32
    var interest: Interest
  }

  /// Creates an empty poller.
  ///
  /// `wake` runs on the queue when a descriptor is ready, and should call ``drain(_:)``.
  public init(on queue: DispatchWorkQueue, wake: @escaping @Sendable () -> Void) throws(SystemError) {
    let epoll = try check(tactus_epoll_create(), "create", "an epoll descriptor")
    watch = ReadinessWatch(owning: epoll, on: queue, handler: wake)
  }

  /// Watches a descriptor, which the caller still has to close.
  ///
  /// Throws ``SystemError`` if the system is out of resources or cannot watch such a file.
  public func add(_ descriptor: Int32, for interest: Interest) throws(SystemError) -> Token {
    lastTag += 1
    if interest != .none {
      _ = try check(
        tactus_epoll_add(watch.descriptor, descriptor, interest.rawValue, lastTag), "watch", "descriptor \(descriptor)")
    }
    watched[lastTag] = Watched(descriptor: descriptor, interest: interest)
    return Token(tag: lastTag)
  }

  /// Changes the events to wait for.
  public func change(_ token: Token, to interest: Interest) {
    guard let entry = watched[token.tag] else { fatalError("a poller was asked to change what it does not watch") }
    guard entry.interest != interest else { return }
    watched[token.tag]?.interest = interest
    let answer =
      if entry.interest == .none {
        tactus_epoll_add(watch.descriptor, entry.descriptor, interest.rawValue, token.tag)
      } else if interest == .none {
        // Removed instead of modified: epoll would report hang-ups even for an empty interest, in an endless loop.
        tactus_epoll_remove(watch.descriptor, entry.descriptor)
      } else {
        tactus_epoll_change(watch.descriptor, entry.descriptor, interest.rawValue, token.tag)
      }
    guard answer == 0 else {
      fatalError("descriptor \(entry.descriptor) was closed while watched: \(SystemError.words(for: -answer))")
    }
  }

  /// Ends a registration.
  ///
  /// Called before every close of the descriptor.
  public func remove(_ token: Token) {
    guard let entry = watched.removeValue(forKey: token.tag) else {
      fatalError("a poller was asked to remove what it does not watch")
    }
    guard entry.interest != .none else { return }
    let answer = tactus_epoll_remove(watch.descriptor, entry.descriptor)
    guard answer == 0 else {
      fatalError("descriptor \(entry.descriptor) was closed while watched: \(SystemError.words(for: -answer))")
    }
  }

  /// Ends the registration of a descriptor that a library owns and may have closed.
  ///
  /// It exists for libcurl, which sometimes reports the end of a socket after closing it. Owners of a descriptor use
  /// ``remove(_:)``.
  public func forget(_ token: Token) {
    guard let entry = watched.removeValue(forKey: token.tag), entry.interest != .none else { return }
    // Fails if the descriptor is closed. Its registration has then ended with it.
    _ = tactus_epoll_remove(watch.descriptor, entry.descriptor)
  }

  /// Reports the descriptors that are ready now.
  ///
  /// Level-triggered: unread data is reported again, by this call or by the next wake. Registrations that the body
  /// removes are no longer reported. The call is bounded, so that a flood does not occupy the queue.
  public func drain(_ body: (Token, Readiness) -> Void) {
    for _ in 0..<Self.rounds {
      let count = ready.withUnsafeMutableBufferPointer {
        tactus_epoll_take(watch.descriptor, $0.baseAddress, Int32($0.count))
      }
      guard count > 0 else { return }
      for index in 0..<Int(count) {
        let entry = ready[index]
        guard watched[entry.tag] != nil else { continue }
        body(Token(tag: entry.tag), Readiness(rawValue: entry.events))
      }
    }
  }

  /// Ends all watching.
  ///
  /// The wake does not run again.
  public func cancel() { watch.cancel() }
}
