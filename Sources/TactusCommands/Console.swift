import Glibc
import TactusLinux
public import TactusModel

/// Where a verb prints, and for whom.
public struct Console: Sendable {
  /// The width of the terminal; nil when this is none: then nothing is shortened or coloured, and instants are exact.
  let columns: Int?
  /// The width of the terminal that is told what is wrong; nil when it is none: then each complaint is one line.
  let complaintColumns: Int?
  /// Whether colours are wanted.
  let hasColours: Bool
  /// The instant that "ago" counts from.
  let now: Instant
  private let write: @Sendable (_ descriptor: Int32, _ bytes: [UInt8]) -> Void
  /// Where this process prints; nil in a test.
  private var output: ProcessOutput?

  /// A console of a test or of a program.
  /// - Parameter write: takes bytes for descriptor 1 (what was asked for) or 2 (what is said about it).
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

  /// The console of this process.
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

  /// Whether the reader has left the pager: what would only be printed need not be fetched.
  var isGone: Bool { output?.isGone ?? false }

  /// Shows what comes next in a pager, if this is a terminal.
  func page() {
    if isTerminal { output?.page() }
  }

  /// Ends the output: the reader has seen it all, or does not want to.
  func finish() throws(SystemError) {
    if let failure = output?.finish() { throw failure }
  }

  func print(_ line: String = "") { write(STDOUT_FILENO, Array("\(line)\n".utf8)) }

  /// Prints a sentence in lines of the terminal, all but the first set in.
  func print(wrapped sentence: String) { print(Self.folded(sentence, to: columns)) }

  func print(bytes: [UInt8]) { write(STDOUT_FILENO, bytes) }

  func complain(_ sentence: String) {
    write(STDERR_FILENO, Array("\(Self.folded("tactusctl: \(sentence.visible)", to: complaintColumns))\n".utf8))
  }

  private static func folded(_ sentence: String, to columns: Int?) -> String {
    guard let columns, sentence.columns > columns else { return sentence }
    // Two columns less than there are, because all lines but the first are set in by as many.
    return sentence.wrapped(to: max(20, columns - 2)).joined(separator: "\n  ")
  }
}

/// How a word is shown to people.
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
