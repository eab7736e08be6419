import Glibc
import TactusLinux
import TactusModel

/// The terminal while a program has it for itself: entered, painted, and left as it was found.
final class TerminalScreen {
  /// To wait for when ``isBusy``.
  let output: Int32
  /// Where keys come from; nil if standard input is no terminal.
  let keys: Int32?

  private let terminal: Int32
  private let ownsOutput: Bool
  private let hasColours: Bool
  private var painter = ScreenPainter()
  /// What the terminal has not taken yet.
  private var unwritten: [UInt8] = []
  private var hold = Hold.left

  private enum Hold {
    case left
    /// What the mode was; nil without keys.
    case entered(from: TerminalMode?)
  }

  /// The terminal of a descriptor; nothing is done to it yet.
  init(_ terminal: Int32, hasColours: Bool) {
    self.terminal = terminal
    self.hasColours = hasColours
    keys = Terminal.isTerminal(STDIN_FILENO) ? STDIN_FILENO : nil
    // Somebody else's terminal, after su(1), cannot be opened: then writes wait, as everywhere.
    let own = try? Terminal.reopened(terminal)
    output = own ?? terminal
    ownsOutput = own != nil
  }

  deinit { if ownsOutput { Descriptor.close(output) } }

  var isEntered: Bool {
    if case .entered = hold { return true }
    return false
  }

  /// Whether it has not taken the last picture: another one would only be late.
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

  /// After somebody else had the terminal without asking.
  func reenter() throws(SystemError) {
    if let keys, case .entered(let mode?) = hold { try mode.keyByKey.set(on: keys) }
    painter.forget()
  }

  /// Gives it back: what was on it is on it again.
  func leave() {
    guard case .entered(let mode) = hold else { return }
    hold = .left
    send(Array(ScreenPainter.end.utf8))
    let deadline = SystemTime().monotonic + .seconds(1)
    while isBusy, SystemTime().monotonic < deadline {
      // Nothing can be done for a terminal that cannot be waited for: the mode is set all the same.
      _ = try? DescriptorWait.ready(toRead: [], toWrite: [output], within: .milliseconds(100))
      flush()
    }
    unwritten = []
    // A terminal that is gone has no mode.
    if let keys, let mode { try? mode.set(on: keys) }
  }

  /// Whatever is on it is not what was shown.
  func repaint() { painter.forget() }

  func show(_ rows: [ScreenRow], columns: Int) {
    send(painter.bytes(for: rows, columns: columns, hasColours: hasColours))
  }

  private func send(_ bytes: [UInt8]) {
    unwritten += bytes
    flush()
  }

  /// Writes what the terminal takes now.
  func flush() {
    while !unwritten.isEmpty {
      switch unwritten.withUnsafeBytes({ Descriptor.write(output, from: $0) }) {
      case .bytes(let count): unwritten.removeFirst(count)
      case .wouldBlock: return
      // A terminal that is gone: whoever reads keys from it learns that, and SIGHUP tells it as well.
      case .end, .failed: unwritten = []
      }
    }
  }
}
