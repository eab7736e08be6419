/// The exit codes of `tactusctl`; the numbers are part of its interface.
enum ExitCode: Int32, CaseIterable {
  /// Success.
  case done = 0
  /// The operation failed.
  case failed = 1
  /// The command line is wrong.
  case usage = 2
  /// No daemon answers.
  case unreachable = 3
  /// The workflow or job does not exist.
  case notFound = 4
  /// The caller lacks the right.
  case forbidden = 5

  /// The meaning, in a word or two.
  var meaning: String {
    switch self {
    case .done: "done"
    case .failed: "failed"
    case .usage: "usage"
    case .unreachable: "no daemon"
    case .notFound: "not found"
    case .forbidden: "not permitted"
    }
  }
}
