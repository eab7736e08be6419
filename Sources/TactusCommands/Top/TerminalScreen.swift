import Glibc
import TactusLinux
import TactusModel

/// A full-screen terminal: entered, painted, and restored at the end.
final class TerminalScreen {
  /// The descriptor to wait for while ``isBusy``.
  let output: Int32
  /// The descriptor of the keys; nil if standard input is not a terminal.
  let keys: Int32?

  private let terminal: Int32
  private let ownsOutput: Bool
  private let hasColours: Bool
  private var painter = ScreenPainter()
  /// The bytes that the terminal has not accepted yet.
  private var unwritten: [UInt8] = []
  private var hold = Hold.left

  private enum Hold {
    case left
    /// The previous mode; nil without keys.
    case entered(from: TerminalMode?)
  }

  /// Creates the screen of a descriptor, and does not change the terminal yet.
  init(_ terminal: Int32, hasColours: Bool) {
    self.terminal = terminal
    self.hasColours = hasColours
    keys = Terminal.isTerminal(STDIN_FILENO) ? STDIN_FILENO : nil
    // The terminal of another user, after su(1), cannot be opened. Then writes block.
    let own = try? Terminal.reopened(terminal)
    output = own ?? terminal
    ownsOutput = own != nil
  }

  deinit { if ownsOutput { Descriptor.close(output) } }

  var isEntered: Bool {
    if case .entered = hold { return true }
    return false
  }

  /// Whether the terminal has not accepted the last picture yet, so that another one would only be late.
  var isBusy: Bool { !unwritten.isEmpty }

  func enter() throws(SystemError) {
    guard !isEntered else { return }
    var mode: TerminalMode?
    if let keys {
      let before = try TerminalMode(of: keys)
      try before.keyByKey.set(on: keys)
      mode = before
    }
    hold = .entered(from: mode)
    painter.forget()
    send(Array(ScreenPainter.beginning.utf8))
  }

  /// Enters again after another process had the terminal.
  func reenter() throws(SystemError) {
    if let keys, case .entered(let mode?) = hold { try mode.keyByKey.set(on: keys) }
    painter.forget()
  }

  /// Restores the terminal and its previous content.
  func leave() {
    guard case .entered(let mode) = hold else { return }
    hold = .left
    send(Array(ScreenPainter.end.utf8))
    let deadline = SystemTime().monotonic + .seconds(1)
    while isBusy, SystemTime().monotonic < deadline {
      // If waiting fails, the mode is still restored.
      _ = try? DescriptorWait.ready(toRead: [], toWrite: [output], within: .milliseconds(100))
      flush()
    }
    unwritten = []
    // A closed terminal has no mode.
    if let keys, let mode { try? mode.set(on: keys) }
  }

  /// Forgets what the terminal shows, so that the next picture is painted completely.
  func repaint() { painter.forget() }

  func show(_ rows: [ScreenRow], columns: Int) {
    send(painter.bytes(for: rows, columns: columns, hasColours: hasColours))
  }

  private func send(_ bytes: [UInt8]) {
    unwritten += bytes
    flush()
  }

  /// Writes as much as the terminal accepts now.
  func flush() {
    while !unwritten.isEmpty {
      switch unwritten.withUnsafeBytes({ Descriptor.write(output, from: $0) }) {
      case .bytes(let count): unwritten.removeFirst(count)
      case .wouldBlock: return
      // The terminal is closed. Reading keys and SIGHUP report that.
      case .end, .failed: unwritten = []
      }
    }
  }
}
