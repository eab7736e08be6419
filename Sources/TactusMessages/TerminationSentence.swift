public import TactusModel

/// The words for the end of a workflow, shared by `why`, by lists and by the log of a reload.
extension Workflow.TerminatedReason {
  /// What ended a workflow, as the end of a sentence: "is terminated after 5 failures in a row".
  ///
  /// The current count of failures is not the cause: later manual runs change it.
  ///
  /// - Parameter limit: how many failures it took, at least 1; nil if that is no longer known. Only a termination by
  ///   failures uses it.
  /// - Returns: a phrase without a full stop.
  public func cause(limit: Int?) -> String {
    switch self {
    case .user: "on request"
    case .removed: "because its file was removed"
    case .consecutiveFailures:
      switch limit {
      case nil: "after too many failures in a row"
      case 1: "after a failure"
      case let limit?: "after \(limit) failures in a row"
      }
    }
  }

  /// How to have a workflow plan again, without a full stop; only the return of its file resumes one whose file was
  /// removed.
  ///
  /// - Parameter name: the name of the workflow, as part of a command.
  /// - Returns: a sentence that begins with a verb: `Run tactusctl resume nightly`.
  public func wayOut(of name: String) -> String {
    switch self {
    case .user: "Run tactusctl resume \(name)"
    case .consecutiveFailures: "Fix the cause, then run tactusctl resume \(name)"
    case .removed: "Put workflows/\(name).workflow back, then run tactusctl reload"
    }
  }
}
