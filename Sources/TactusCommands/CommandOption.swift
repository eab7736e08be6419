import TactusLinux
import TactusModel
import TactusProtocol

/// An option of `tactusctl`: the parser, the help, the completions and the test of the manual page use this table.
///
/// Options are equal if their names are equal: verbs may describe the same option differently.
struct CommandOption: Hashable {
  /// The long name, without dashes.
  let name: String
  let letter: Character?
  /// The kind of its value; nil for options without a value.
  let value: Noun?
  /// A sentence on one line, without a full stop.
  let summary: String

  init(_ name: String, letter: Character? = nil, value: Noun? = nil, _ summary: String) {
    (self.name, self.letter, self.value, self.summary) = (name, letter, value, summary)
  }

  // MARK: Options of all verbs

  static let help = CommandOption("help", letter: "h", "Show this text")
  static let version = CommandOption("version", "Show the version")
  static let socket = CommandOption("socket", value: .file(called: "PATH"), "Use this socket, not $TACTUS_SOCKET")
  static let user = CommandOption("user", "Use the daemon of this user")
  static let json = CommandOption("json", value: .word(of: JSONMode.self), "Print replies as JSON")
  static let noLegend = CommandOption("no-legend", "Leave out headings and counts")
  static let noPager = CommandOption("no-pager", "Show long output without a pager")
  static let quiet = CommandOption("quiet", letter: "q", "Do not report what was done")

  static let common = [help, version, socket, user, json, noLegend, noPager, quiet]

  // MARK: Options of some verbs

  static let abandon = CommandOption("abandon", "Close jobs of an unreachable provider as LOST")
  static let after = CommandOption("after", value: .text(called: "PLACE"), "Only events after this cursor or number")
  static let at = CommandOption("at", value: .text(called: "INSTANT"), "Start at an instant: RFC 3339 with an offset")
  static let cancelRunning = CommandOption("cancel-running", "Also cancel running jobs")
  static let cursor = CommandOption("cursor", value: .text(called: "CURSOR"), "Continue where an earlier list ended")
  static let dryRun = CommandOption("dry-run", "Show what would change, and change nothing")
  static let errorCode = CommandOption(
    "error-code", value: .word(of: ErrorCode.self, called: "CODE"), "Only jobs that ended with this code")
  static let follow = CommandOption("follow", letter: "f", "Print new lines, until the end or Control-C")
  static let hold = CommandOption("hold", "Hold the job until tactusctl schedule sets a time")
  static let idempotencyKey = CommandOption(
    "idempotency-key", value: .text(called: "KEY"), "Create no second job for the same key")
  static let `in` = CommandOption("in", value: .text(called: "SPAN"), "Start after a span: 90, 5min, 1h 30min")
  static let job = CommandOption("job", value: .job, "Only events of this job")
  static let kind = CommandOption("kind", value: .word(of: Kind.self), "Only jobs of this kind")
  static let limit = CommandOption(
    "limit", letter: "n", value: .text(called: "N"), "Show at most N (default: 50)")
  static let phase = CommandOption("phase", value: .word(of: Phase.self, called: "PHASE"), "Only jobs in this phase")
  static let queue = CommandOption("queue", value: .text(called: "QUEUE"), "Only jobs of this queue")
  static let since = CommandOption("since", value: .text(called: "WHEN"), "Only jobs scheduled at or after WHEN")
  static let state = CommandOption("state", value: .word(of: Workflow.State.self), "Only workflows in this state")
  static let status = CommandOption(
    "status", value: .list(of: JobStatus.self, called: "STATUS"), "Only jobs in one of these statuses")
  static let stream = CommandOption("stream", value: .word(of: LogStream.self), "Only this stream")
  static let timeout = CommandOption("timeout", value: .text(called: "SPAN"), "Wait at most this long")
  static let trigger = CommandOption("trigger", value: .word(of: Trigger.self), "Only automatic, or only manual, jobs")
  static let until = CommandOption("until", value: .text(called: "WHEN"), "Only jobs scheduled before WHEN")
  static let wait = CommandOption("wait", "Wait for the end, and fail unless it completes")
  static let window = CommandOption("window", value: .text(called: "SPAN"), "How far back to look (default: 1d)")
  static let workflow = CommandOption("workflow", value: .workflow, "Only jobs of this workflow")

  /// All options of all verbs.
  static let all = Tactusctl.verbs.reduce(into: common) { all, verb in
    all += verb.options.filter { !all.contains($0) }
  }

  // MARK: Spellings

  /// `--limit`.
  var word: String { "--\(name)" }

  /// `-n, --limit=N`.
  var synopsis: String { letter.map { "-\($0), \(example)" } ?? example }

  /// `--limit=N`.
  var example: String { word + (value.map { "=\($0.synopsis)" } ?? "") }

  var scanned: OptionScanner.Option { OptionScanner.Option(name, letter: letter, takesValue: value != nil) }

  // MARK: Conformances

  /// Compares the names.
  static func == (left: CommandOption, right: CommandOption) -> Bool { left.name == right.name }

  /// Hashes the name.
  func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
