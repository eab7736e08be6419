import CLinux
import Glibc
import Synchronization
public import TactusModel

/// The progress of a child, for other threads while one waits for it: until its exec, or until it has looked at
/// everything.
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

  /// Creates the progress of a child that does not exist yet.
  ///
  /// - Throws: ``SystemError`` if memory is exhausted.
  public init() throws(SystemError) {
    guard let pointer = tactus_progress_make() else {
      throw SystemError(code: ENOMEM, operation: "create", subject: "the progress of a child")
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

  /// Whether a starting program has reached its directory or its file.
  public var isAtPath: Bool { step >= Int32(TACTUS_SPAWN_DIRECTORY.rawValue) }

  /// Whether a starting program waits for its directory.
  ///
  /// Otherwise it waits for its file.
  public var isEntering: Bool { step < Int32(TACTUS_SPAWN_EXECUTE.rawValue) }

  /// The current step, a number whose meaning depends on the child's purpose.
  var step: Int32 { tactus_progress_step(pointer) }

  /// When the current step began; zero before the first.
  public var since: MonotonicInstant { MonotonicInstant(microseconds: tactus_progress_since(pointer)) }

  /// Kills the child, or has it end as soon as it exists.
  ///
  /// Returns false if it is over or runs its program, and its result arrives in a moment.
  ///
  /// A child that waits in a file system may end much later. It does nothing else before it ends.
  public func cancel() -> Bool {
    state.withLock { state in
      // A busy machine may run the program long before the thread that waits for its start.
      guard !state.isOver, !hasExecuted else { return false }
      tactus_progress_cancel(pointer)
      // It is not reaped before it is over, so the number certainly belongs to it.
      if let process { _ = Glibc.kill(Int32(process), SIGKILL) }
      // A program that began between the two has been started, and ends by this signal.
      state.isCanceled = !hasExecuted
      return state.isCanceled
    }
  }

  private var hasExecuted: Bool { process.flatMap { ProcessTable.entry(of: $0) }?.hasExecuted ?? false }

  /// Rules out a kill from now on.
  ///
  /// Called before the child is reaped or handed over.
  func conclude() { state.withLock { $0.isOver = true } }

  /// Whether it was killed.
  var isCanceled: Bool { state.withLock { $0.isCanceled } }
}
