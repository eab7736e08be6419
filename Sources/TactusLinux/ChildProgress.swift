import CLinux
import Glibc
import Synchronization
import TactusModel

/// A child on its way, as other threads see it while one waits for it: until its exec, or until it has looked at everything.
///
/// Any thread.
public final class ChildProgress: Sendable {
  /// The address of a `tactus_progress`, which lives as long as this object.
  private let address: UInt
  private let state = Mutex(State())

  private struct State {
    var isOver = false
    var isCanceled = false
  }

  /// A child that there is not yet.
  /// - Throws: ``SystemError`` when there is no memory for it.
  public init() throws(SystemError) {
    guard let pointer = tactus_progress_make() else {
      throw SystemError(code: ENOMEM, operation: "make", subject: "the progress of a child")
    }
    address = UInt(bitPattern: pointer)
  }

  deinit { tactus_progress_free(pointer) }

  var pointer: OpaquePointer {
    guard let pointer = OpaquePointer(bitPattern: address) else { fatalError("the progress of a child has no address") }
    return pointer
  }

  /// Its pid; nil before it has one.
  public var process: Int? {
    let process = Int(tactus_progress_process(pointer))
    return process == 0 ? nil : process
  }

  /// Whether a program on its way has come to its directory or its file.
  public var isAtPath: Bool { step >= Int32(TACTUS_SPAWN_DIRECTORY.rawValue) }

  /// Whether a program on its way waits for its directory, rather than for its file.
  public var isEntering: Bool { step < Int32(TACTUS_SPAWN_EXECUTE.rawValue) }

  /// What it is doing, a number that depends on what it is for.
  var step: Int32 { tactus_progress_step(pointer) }

  /// Since when it does that.
  var since: MonotonicInstant { MonotonicInstant(microseconds: tactus_progress_since(pointer)) }

  /// Kills the child, or has it end as soon as there is one; false if it is over, and its result known in a moment.
  ///
  /// A child that waits in a file system may end much later. It does nothing more of what it is for.
  public func cancel() -> Bool {
    state.withLock { state in
      guard !state.isOver else { return false }
      state.isCanceled = true
      tactus_progress_cancel(pointer)
      // Not reaped before it is over, so the number is certainly its own.
      if let process { _ = Glibc.kill(Int32(process), SIGKILL) }
      return true
    }
  }

  /// From now on nobody kills it any more: before it is reaped, or handed to whoever does that.
  func conclude() { state.withLock { $0.isOver = true } }

  /// Whether it was killed.
  var isCanceled: Bool { state.withLock { $0.isCanceled } }
}
