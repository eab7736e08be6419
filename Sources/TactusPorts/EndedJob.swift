public import TactusModel

/// The end of a job, as reported to operators.
public struct EndedJob: Hashable, Sendable {
  /// The job.
  public var labels: JobLabels
  /// The outcome, with the measurements of the runner.
  public var outcome: Outcome
  /// The time from start to end; nil if it never started.
  public var duration: Duration?
  /// The consequence for its workflow.
  public var consequence: Failures.Consequence

  /// Creates an end.
  public init(
    _ labels: JobLabels, outcome: Outcome, duration: Duration? = nil, consequence: Failures.Consequence = .none
  ) {
    self.labels = labels
    self.outcome = outcome
    self.duration = duration
    self.consequence = consequence
  }

  /// The messages to log: the end itself, then the consequence for its workflow.
  public var entries: [JournalEntry] { [end, turn].compactMap(\.self) }

  private var end: JournalEntry {
    var fields = labels.fields
    fields.append((.status, outcome.status.rawValue))
    if let code = outcome.errorCode { fields.append((.errorCode, code.rawValue)) }
    if let code = outcome.report.exitCode { fields.append((.exitCode, "\(code)")) }
    if let duration { fields.append((.duration, "\(max(0, duration.microseconds))")) }
    let kind = JournalMessage(endOf: outcome.errorCode)
    let reason = outcome.message ?? outcome.errorCode?.rawValue
    let ended = outcome.report.endedProcesses
    if ended > 0 { fields.append((.endedProcesses, "\(ended)")) }
    let rest = ended > 0 ? "; ended \(ended.counted("process", "processes")) that it left behind" : ""
    return JournalEntry(
      kind,
      "job \(labels.id)\(labels.workflow.map { " of \($0)" } ?? "") \(kind.predicate)\(reason.map { ": \($0)" } ?? "")\(rest)",
      all: fields)
  }

  private var turn: JournalEntry? {
    guard let workflow = labels.workflow?.text else { return nil }
    switch consequence {
    case .none: return nil
    case .failing:
      return JournalEntry(
        .workflowFailing, "workflow \(workflow) is failing: this is the first of its failures in a row",
        fields: [.workflow: workflow])
    case .recovered:
      return JournalEntry(.workflowRecovered, "workflow \(workflow) works again", fields: [.workflow: workflow])
    case .exhausted:
      return JournalEntry(
        .workflowExhausted,
        "workflow \(workflow) was terminated after too many consecutive failures. "
          + "Fix the cause, then run tactusctl resume \(workflow).",
        fields: [.workflow: workflow])
    }
  }
}

extension JournalMessage {
  /// Returns the kind of message about the end of a job; nil means success.
  public init(endOf code: ErrorCode?) {
    switch code {
    case nil: self = .jobCompleted
    case .exitNonzero, .signaled, .statusMismatch, .assertionFailed, .connectionFailed, .validationError:
      self = .jobFailed
    case .providerTimeout: self = .jobTimedOut
    case .interrupted: self = .jobInterrupted
    case .lost, .providerError: self = .jobLost
    case .dispatchExhausted: self = .jobUndispatched
    case .canceledByUser, .workflowTerminated, .overlapReplaced, .misfired: self = .jobCanceled
    }
  }

  /// The predicate of the message about the end of a job.
  fileprivate var predicate: String {
    switch self {
    case .jobCompleted: "completed"
    case .jobCanceled: "was canceled"
    default: "failed"
    }
  }
}
