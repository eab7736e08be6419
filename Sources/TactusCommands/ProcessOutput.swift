import Glibc
import Synchronization
import TactusLinux

/// Standard output and standard error of this process, with or without a pager.
final class ProcessOutput: Sendable {
  private struct State {
    /// The chosen pager before it is started: it starts with the first output.
    var choice: PagerChoice?
    var pager: Pager?
    /// Errors that were reported while the pager had the terminal.
    var complaints: [UInt8] = []
    /// Whether the reader has gone.
    var isGone = false
    /// The error of a failed write.
    var failure: Int32?
  }

  private let environment: [String: String]
  private let state = Mutex(State())

  init(environment: [String: String]) { self.environment = environment }

  /// Whether the reader has gone, so that nothing more needs to be fetched.
  var isGone: Bool { state.withLock { $0.isGone } }

  /// Uses a pager from the next output on.
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

  /// Waits for the pager, then prints the errors that were reported meanwhile.
  ///
  /// - Returns: the error of a failed write; nil if everything was written, or the reader left early.
  func finish() -> SystemError? {
    state.withLock { state in
      if let pager = state.pager {
        let code = pager.finish()
        state.pager = nil
        // With 126 and 127, sh reports that it could not run the command.
        let fault = code == 126 || code == 127 ? "tactusctl: failed to run the pager. Use --no-pager.\n" : ""
        Self.complain(state.complaints + Array(fault.utf8))
      }
      return state.failure.map { SystemError(code: $0, operation: "write", subject: "the output") }
    }
  }

  private func start(_ choice: PagerChoice, _ state: inout State) {
    state.choice = nil
    if let complaint = choice.complaint { Self.complain(Array("tactusctl: \(complaint)\n".utf8)) }
    guard let command = choice.command else { return }
    do {
      state.pager = try Pager(command: command, environment: PagerChoice.environment(environment))
    } catch {
      Self.complain(Array("tactusctl: \(error). Continuing without a pager.\n".utf8))
    }
  }

  /// Writes to standard error; a failure is ignored, because it cannot be reported anywhere.
  private static func complain(_ bytes: [UInt8]) { _ = write(STDERR_FILENO, bytes) }

  /// Writes all bytes, unless the write fails or the reader has gone.
  private static func write(_ descriptor: Int32, _ bytes: [UInt8]) -> Descriptor.Transfer {
    var rest = bytes[...]
    while !rest.isEmpty {
      let transfer = rest.withUnsafeBytes { Descriptor.write(descriptor, from: $0) }
      switch transfer {
      case .bytes(let count): rest = rest.dropFirst(count)
      case .wouldBlock:
        // Another process with the same terminal or pipe made it non-blocking.
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&entry, 1, -1)
      case .end, .failed: return transfer
      }
    }
    return .bytes(bytes.count)
  }
}
