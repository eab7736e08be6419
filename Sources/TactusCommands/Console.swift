import Glibc
import TactusLinux
public import TactusModel

/// The output of a verb: where it prints, and how.
public struct Console: Sendable {
  /// The width of the terminal; nil if standard output is not a terminal.
  ///
  /// Without a terminal, nothing is shortened or colored, and instants are exact.
  let columns: Int?
  /// The width of the terminal for errors; nil if standard error is not a terminal: then each error is one line.
  let complaintColumns: Int?
  /// Whether to print in color.
  let hasColours: Bool
  /// The instant from which "ago" counts.
  let now: Instant
  private let write: @Sendable (_ descriptor: Int32, _ bytes: [UInt8]) -> Void
  /// The output of this process; nil in a test.
  private var output: ProcessOutput?

  /// Creates a console of a test or of a program.
  ///
  /// - Parameter write: writes bytes to descriptor 1 (results) or 2 (errors and notes).
  public init(
    columns: Int?, complaintColumns: Int? = nil, hasColours: Bool, now: Instant,
    write: @escaping @Sendable (_ descriptor: Int32, _ bytes: [UInt8]) -> Void
  ) {
    self.columns = columns
    self.complaintColumns = complaintColumns
    self.hasColours = hasColours
    self.now = now
    self.write = write
  }

  /// Creates the console of this process.
  public init(environment: [String: String]) {
    let output = ProcessOutput(environment: environment)
    let isTerminal = Terminal.isTerminal(STDOUT_FILENO)
    let wantsNone = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
    self.init(
      columns: isTerminal ? Terminal.columns(of: STDOUT_FILENO) ?? 80 : nil,
      complaintColumns: Terminal.isTerminal(STDERR_FILENO) ? Terminal.columns(of: STDERR_FILENO) ?? 80 : nil,
      hasColours: isTerminal && !wantsNone && environment["TERM"] != "dumb", now: SystemTime().now,
      write: output.write)
    self.output = output
  }

  var isTerminal: Bool { columns != nil }

  /// Whether the reader has left the pager, so that further output need not be fetched.
  var isGone: Bool { output?.isGone ?? false }

  /// Shows the following output in a pager, if this is a terminal.
  func page() {
    if isTerminal { output?.page() }
  }

  /// Ends the output, and waits for the pager.
  func finish() throws(SystemError) {
    if let failure = output?.finish() { throw failure }
  }

  func print(_ line: String = "") { write(STDOUT_FILENO, Array("\(line)\n".utf8)) }

  /// Prints a sentence wrapped at the width of the terminal, with all lines but the first indented.
  func print(wrapped sentence: String) { print(Self.folded(sentence, to: columns)) }

  func print(bytes: [UInt8]) { write(STDOUT_FILENO, bytes) }

  func complain(_ sentence: String) {
    write(STDERR_FILENO, Array("\(Self.folded("tactusctl: \(sentence.visible)", to: complaintColumns))\n".utf8))
  }

  private static func folded(_ sentence: String, to columns: Int?) -> String {
    guard let columns, sentence.columns > columns else { return sentence }
    // All lines but the first are indented by two columns.
    return sentence.wrapped(to: max(20, columns - 2)).joined(separator: "\n  ")
  }
}

/// The style of a word on a terminal.
enum Style: String {
  case plain = ""
  case bold = "1"
  case good = "32"
  case bad = "1;31"
  case active = "1;34"
  case faint = "2"

  func applied(to text: String, on console: Console) -> String {
    console.hasColours && self != .plain ? "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" : text
  }
}
