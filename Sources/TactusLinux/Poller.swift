import CLinux
import Dispatch

/// Many descriptors watched through one epoll descriptor, itself watched by one Dispatch source on the owner's queue.
///
/// Belongs to one actor on one ``DispatchWorkQueue``; every method is called on that queue. A descriptor is removed here
/// before it is closed, because a child between fork and exec holds a copy that would keep the registration alive.
public final class Poller {
  private let watch: ReadinessWatch
  private var watched: [UInt64: Watched] = [:]
  private var lastTag: UInt64 = 0
  private var ready = [tactus_ready](repeating: tactus_ready(), count: Poller.batch)

  private static let batch = 128
  /// How often one ``drain(_:)`` asks again before it lets others on the queue have their turn.
  private static let rounds = 4

  /// Names one registration; never used twice.
  public struct Token: Hashable, Sendable {
    fileprivate let tag: UInt64
  }

  /// What to wait for; a hang-up and an error are always told, unless the interest is empty.
  public struct Interest: OptionSet, Sendable {
    /// The bits of epoll(7).
    public let rawValue: UInt32
    /// Wraps bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Something can be read, or accepted.
    public static let read = Interest(rawValue: UInt32(TACTUS_EPOLLIN.rawValue))
    /// Something can be written.
    public static let write = Interest(rawValue: UInt32(TACTUS_EPOLLOUT.rawValue))
    /// The exceptional condition of poll(2): a change of `cgroup.events`.
    public static let priority = Interest(rawValue: UInt32(TACTUS_EPOLLPRI.rawValue))
    /// A hang-up and an error only.
    public static let hangup = Interest(rawValue: UInt32(TACTUS_EPOLLHUP.rawValue))
    /// Told once for each news instead of as long as it lasts: for who leaves unread what he has seen.
    public static let edge = Interest(rawValue: UInt32(TACTUS_EPOLLET.rawValue))
    /// Nothing, not even a hang-up: the descriptor rests.
    public static let none: Interest = []
  }

  /// What a descriptor is ready for.
  public struct Readiness: OptionSet, Sendable {
    /// The bits of epoll(7).
    public let rawValue: UInt32
    /// Wraps bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Something can be read, or accepted.
    public static let read = Readiness(rawValue: UInt32(TACTUS_EPOLLIN.rawValue))
    /// Something can be written.
    public static let write = Readiness(rawValue: UInt32(TACTUS_EPOLLOUT.rawValue))
    /// The exceptional condition of poll(2).
    public static let priority = Readiness(rawValue: UInt32(TACTUS_EPOLLPRI.rawValue))
    /// The other side is gone; there may still be something to read.
    public static let hangup = Readiness(rawValue: UInt32(TACTUS_EPOLLHUP.rawValue))
    /// The descriptor has an error, or the reader of a pipe is gone.
    public static let error = Readiness(rawValue: UInt32(TACTUS_EPOLLERR.rawValue))
  }

  private struct Watched {
    let descriptor: Int32
    var interest: Interest
  }

  /// Makes an empty poller; `wake` runs on the queue when something is ready, and is expected to call ``drain(_:)``.
  public init(on queue: DispatchWorkQueue, wake: @escaping @Sendable () -> Void) throws(SystemError) {
    let epoll = try check(tactus_epoll_create(), "create", "an epoll descriptor")
    watch = ReadinessWatch(owning: epoll, on: queue, handler: wake)
  }

  /// Watches a descriptor, which stays the caller's to close.
  ///
  /// Throws ``SystemError`` when the system has no room for it or cannot watch such a file.
  public func add(_ descriptor: Int32, for interest: Interest) throws(SystemError) -> Token {
    lastTag += 1
    if interest != .none {
      _ = try check(
        tactus_epoll_add(watch.descriptor, descriptor, interest.rawValue, lastTag), "watch", "descriptor \(descriptor)")
    }
    watched[lastTag] = Watched(descriptor: descriptor, interest: interest)
    return Token(tag: lastTag)
  }

  /// Waits for something else from now on.
  public func change(_ token: Token, to interest: Interest) {
    guard let entry = watched[token.tag] else { fatalError("a poller was asked to change what it does not watch") }
    guard entry.interest != interest else { return }
    watched[token.tag]?.interest = interest
    let answer =
      if entry.interest == .none {
        tactus_epoll_add(watch.descriptor, entry.descriptor, interest.rawValue, token.tag)
      } else if interest == .none {
        // Removed rather than modified, because epoll tells hang-ups even to those who wait for nothing: that would spin.
        tactus_epoll_remove(watch.descriptor, entry.descriptor)
      } else {
        tactus_epoll_change(watch.descriptor, entry.descriptor, interest.rawValue, token.tag)
      }
    guard answer == 0 else {
      fatalError("descriptor \(entry.descriptor) was closed while watched: \(SystemError.words(for: -answer))")
    }
  }

  /// Ends the registration; called before every close of the descriptor.
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

  /// Ends the registration of a descriptor that a library owns and may have closed by now.
  ///
  /// For libcurl, which sometimes tells of the end of a socket after its close; whoever owns a descriptor uses ``remove(_:)``.
  public func forget(_ token: Token) {
    guard let entry = watched.removeValue(forKey: token.tag), entry.interest != .none else { return }
    // Fails if the descriptor is closed: then the registration has gone with it.
    _ = tactus_epoll_remove(watch.descriptor, entry.descriptor)
  }

  /// Tells what is ready now.
  ///
  /// Level-triggered: what the body leaves unread is told again, by this call or by the next wake. Registrations that the
  /// body removes meanwhile are not told any more. The call is bounded, so that a flood does not keep the queue for itself.
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

  /// Ends all watching; the wake does not run any more.
  public func cancel() { watch.cancel() }
}
