import TactusLinux

/// Every option of `tactusctl`: the parser and `--help` both come from here.
enum CommandOption: String, CaseIterable {
  case help, version, socket, user, json
  case noLegend = "no-legend"
  case quiet
  case dryRun = "dry-run"
  case state
  case at
  case `in`
  case cancelRunning = "cancel-running"
  case status, trigger, workflow, kind, limit, cursor, stream

  /// Those that every verb takes.
  static let common: [CommandOption] = [.help, .version, .socket, .user, .json, .noLegend, .quiet]

  var letter: Character? {
    switch self {
    case .help: "h"
    case .quiet: "q"
    default: nil
    }
  }

  /// What the value is called in the help; nil for options without one.
  var value: String? {
    switch self {
    case .help, .version, .user, .noLegend, .quiet, .dryRun, .cancelRunning: nil
    case .socket: "PATH"
    case .json: "short|pretty|off"
    case .state: "ACTIVE|TERMINATED"
    case .at: "INSTANT"
    case .in: "SPAN"
    case .status: "STATUS,…"
    case .trigger: "AUTOMATIC|MANUAL"
    case .workflow: "NAME"
    case .kind: "heartbeat|command"
    case .limit: "N"
    case .cursor: "CURSOR"
    case .stream: "stdout|stderr"
    }
  }

  var summary: String {
    switch self {
    case .help: "Show this text"
    case .version: "Show the version"
    case .socket: "Use this socket, not $TACTUS_SOCKET"
    case .user: "Use the daemon of this user"
    case .json: "Print replies as JSON"
    case .noLegend: "Leave out headings and counts"
    case .quiet: "Say nothing about what was done"
    case .dryRun: "Show what would be done, and change nothing"
    case .state: "Only workflows in this state"
    case .at: "Start at an instant: RFC 3339 with an offset"
    case .in: "Start after a span: 90, 5min, 1h 30min"
    case .cancelRunning: "Also stop what runs"
    case .status: "Only jobs in one of these statuses"
    case .trigger: "Only jobs of the schedule, or by hand"
    case .workflow: "Only jobs of this workflow"
    case .kind: "Only jobs of this kind"
    case .limit: "How many at most, 1 to 1000 (default: 50)"
    case .cursor: "Go on where an earlier list ended"
    case .stream: "Only this stream"
    }
  }

  /// `-q, --quiet`, `--socket=PATH`.
  var synopsis: String {
    (letter.map { "-\($0), " } ?? "    ") + "--\(rawValue)" + (value.map { "=\($0)" } ?? "")
  }

  var scanned: OptionScanner.Option { OptionScanner.Option(rawValue, letter: letter, takesValue: value != nil) }
}
