import CLinux
import Glibc

/// A process by its pidfd: never another one that got the same number.
///
/// The descriptor is the maker's to close.
public struct ProcessHandle: Hashable, Sendable {
  /// The pid.
  public let process: Int
  /// The pidfd; a ``Poller`` tells it as readable when the process has ended.
  public let descriptor: Int32

  /// How a child ended.
  public enum Exit: Hashable, Sendable {
    /// With a code, 0…255.
    case code(Int)
    /// By a signal.
    case signal(Signal, dumpedCore: Bool)
  }

  /// Opens the process that has the number now; throws ``SystemError``, with ESRCH when there is none.
  public init(of process: Int) throws(SystemError) {
    self.process = process
    descriptor = try check(tactus_process_descriptor(Int32(process)), "watch", "process \(process)")
  }

  /// Whether it has ended; its parent may not have reaped it yet.
  public var hasEnded: Bool { tactus_process_has_ended(descriptor) == 1 }

  /// Sends a signal; nothing if it has ended.
  public func send(_ signal: Signal) { _ = tactus_process_signal(descriptor, signal.number) }

  /// Reaps our own child; nil while it lives.
  public func reap() -> Exit? {
    var exit = tactus_exit()
    let answer = tactus_child_reap(descriptor, &exit)
    guard answer >= 0 else {
      fatalError("process \(process) was reaped by somebody else: \(SystemError.words(for: -answer))")
    }
    guard answer == 1 else { return nil }
    if exit.signaled == 0 { return .code(Int(exit.status)) }
    return .signal(Signal(exit.status), dumpedCore: exit.dumped_core != 0)
  }

  /// Closes the pidfd.
  public func close() { Descriptor.close(descriptor) }
}

/// The children of this process, as a whole.
public enum Children {
  /// Makes sure that children stay until they are reaped, whatever this process was started with.
  public static func keep() {
    guard tactus_keep_zombies() == 0 else { fatalError("SIGCHLD cannot be set to its default") }
  }

  /// From now on, the descendants of this process whose parents end become its own children.
  public static func adoptOrphans() throws(SystemError) {
    _ = try check(tactus_become_subreaper(), "become", "child subreaper")
  }

  /// Reaps every child that has ended and is nobody's.
  ///
  /// For a pid that is known, `take` answers true and has reaped it itself; for all others it answers false.
  public static func reapStrangers(take: (Int) -> Bool) {
    var exit = tactus_exit()
    var last: Int32 = 0
    while tactus_child_peek(&exit) == 1 {
      // The same one again was not reaped: better to leave it than to spin.
      guard exit.process != last else { return }
      last = exit.process
      if !take(Int(exit.process)) { _ = tactus_child_discard(exit.process) }
    }
  }
}
