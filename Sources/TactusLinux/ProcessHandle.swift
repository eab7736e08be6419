import CLinux
import Glibc

/// A process identified by its pidfd, never another one with the same number.
///
/// The creator closes the descriptor.
public struct ProcessHandle: Hashable, Sendable {
  /// The pid.
  public let process: Int
  /// The pidfd.
  ///
  /// A ``Poller`` reports it as readable when the process has ended.
  public let descriptor: Int32

  /// How a child ended.
  public enum Exit: Hashable, Sendable {
    /// An exit code, 0…255.
    case code(Int)
    /// A signal.
    case signal(Signal, dumpedCore: Bool)
  }

  /// Opens the process with this number.
  ///
  /// Throws ``SystemError``, with ESRCH if it does not exist.
  public init(of process: Int) throws(SystemError) {
    self.process = process
    descriptor = try check(tactus_process_descriptor(Int32(process)), "watch", "process \(process)")
  }

  /// Whether it has ended.
  ///
  /// Its parent may not have reaped it yet.
  public var hasEnded: Bool { tactus_process_has_ended(descriptor) == 1 }

  /// Sends a signal.
  ///
  /// Does nothing if it has ended.
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

/// All children of this process.
public enum Children {
  /// Keeps children until they are reaped, regardless of the inherited signal settings.
  public static func keep() {
    guard tactus_keep_zombies() == 0 else { fatalError("SIGCHLD cannot be set to its default") }
  }

  /// Makes this process the parent of all descendants whose parents end.
  public static func adoptOrphans() throws(SystemError) {
    _ = try check(tactus_become_subreaper(), "become", "child subreaper")
  }

  /// Reaps every child that has ended and has no owner.
  ///
  /// For the pid of an owned child, `take` reaps it and returns true. For all others it returns false.
  public static func reapStrangers(take: (Int) -> Bool) {
    var exit = tactus_exit()
    var last: Int32 = 0
    while tactus_child_peek(&exit) == 1 {
      // The same child again was not reaped. The loop ends instead of spinning.
      guard exit.process != last else { return }
      last = exit.process
      if !take(Int(exit.process)) { _ = tactus_child_discard(exit.process) }
    }
  }
}
