import Glibc
import Synchronization
import TactusLinux

/// Standard output and standard error of this process, or a pager between them and the reader.
final class ProcessOutput: Sendable {
  private struct State {
    /// Chosen, not started: what has nothing to show needs none.
    var choice: PagerChoice?
    var pager: Pager?
    /// What was said while the pager had the terminal.
    var complaints: [UInt8] = []
    /// Nobody reads any more.
    var isGone = false
    /// Why something was not written.
    var failure: Int32?
  }

  private let environment: [String: String]
  private let state = Mutex(State())

  init(environment: [String: String]) { self.environment = environment }

  /// Whether the reader has gone, so that nothing more needs to be fetched.
  var isGone: Bool { state.withLock { $0.isGone } }

  /// Puts a pager in between, from the next output on.
  func page() { state.withLock { $0.choice = PagerChoice(environment) } }

  func write(_ descriptor: Int32, _ bytes: [UInt8]) {
    state.withLock { state in
      guard descriptor == STDOUT_FILENO else {
        if state.pager == nil { Self.complain(bytes) } else { state.complaints += bytes }
        return
      }
      if let choice = state.choice { start(choice, &state) }
      guard !state.isGone, state.failure == nil else { return }
      switch Self.write(state.pager?.descriptor ?? descriptor, bytes) {
      case .failed(let code): state.failure = code
      case .end: state.isGone = true
      case .bytes, .wouldBlock: return
      }
    }
  }

  /// Waits for the pager, then says what was said meanwhile.
  /// - Returns: why something was not written; nil if all was, or nobody wanted to read it.
  func finish() -> SystemError? {
    state.withLock { state in
      if let pager = state.pager {
        let code = pager.finish()
        state.pager = nil
        // 126 and 127 are how sh says that it could not run the command.
        let fault = code == 126 || code == 127 ? "tactusctl: the pager was not run; try --no-pager\n" : ""
        Self.complain(state.complaints + Array(fault.utf8))
      }
      return state.failure.map { SystemError(code: $0, operation: "write", subject: "what was asked for") }
    }
  }

  private func start(_ choice: PagerChoice, _ state: inout State) {
    state.choice = nil
    if let complaint = choice.complaint { Self.complain(Array("tactusctl: \(complaint)\n".utf8)) }
    guard let command = choice.command else { return }
    do {
      state.pager = try Pager(command: command, environment: PagerChoice.environment(environment))
    } catch {
      Self.complain(Array("tactusctl: \(error); going on without a pager\n".utf8))
    }
  }

  /// Intentionally regardless of whether it works: there is nobody else to tell.
  private static func complain(_ bytes: [UInt8]) { _ = write(STDERR_FILENO, bytes) }

  /// Writes all, unless it fails or nobody reads.
  private static func write(_ descriptor: Int32, _ bytes: [UInt8]) -> Descriptor.Transfer {
    var rest = bytes[...]
    while !rest.isEmpty {
      let transfer = rest.withUnsafeBytes { Descriptor.write(descriptor, from: $0) }
      switch transfer {
      case .bytes(let count): rest = rest.dropFirst(count)
      case .wouldBlock:
        // Somebody who has the same terminal or pipe made it non-blocking.
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&entry, 1, -1)
      case .end, .failed: return transfer
      }
    }
    return .bytes(bytes.count)
  }
}
