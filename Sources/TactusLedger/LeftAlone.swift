public import TactusModel

/// Thrown by a verb over many rows if it cannot process one of them: the verb is undone and repeated without that
/// row.
///
/// So a damaged row, or one of another version, delays no other. A verb about one row is refused instead.
/// Source: docs/adr/0015
public struct LeftAlone: Error {
  /// The row that is left alone until the daemon starts again.
  public enum Subject: Hashable, Sendable {
    /// A job: no verb over many rows changes it, and while it waits it blocks no job behind it.
    case job(JobID)
    /// A workflow: its plan is not realigned, and its decisions are not voided.
    case workflow(WorkflowID)
    /// The definition of this name, during one load only: the next load reads its file again.
    case name(WorkflowName)
  }

  /// The row.
  public var subject: Subject
  /// The place and the fault, which are reported once.
  public var cause: UnreadableRow

  /// Creates an error.
  public init(subject: Subject, cause: UnreadableRow) {
    self.subject = subject
    self.cause = cause
  }
}

extension LedgerVerbs {
  /// Whether a job is left alone; constant time.
  func isLeftAlone(_ id: JobID) -> Bool { leftAlone.contains(.job(id)) }

  /// Runs the body for one of many rows, unless that row is left alone.
  ///
  /// - Parameters:
  ///   - subject: the row.
  ///   - body: changes of this row only, so that repeating the verb without it is correct.
  /// - Throws: ``LeftAlone`` if the row cannot be read, or contradicts a constraint of its table. Other errors of the
  ///   body, such as a full disk, are passed on and undo the verb.
  func each(_ subject: LeftAlone.Subject, _ body: () throws -> Void) throws {
    guard !leftAlone.contains(subject) else { return }
    do { try body() } catch let fault as UnreadableRow {
      throw LeftAlone(subject: subject, cause: subject.named(in: fault))
    }
  }
}

extension LeftAlone.Subject {
  /// Adds the row to a refused change, because the driver's message names only the rule.
  fileprivate func named(in fault: UnreadableRow) -> UnreadableRow {
    guard fault.isContradiction else { return fault }
    var named = fault
    (named.table, named.row) =
      switch self {
      case .job(let id): ("jobs", "\(id)")
      case .workflow(let id): ("workflows", "\(id.number)")
      case .name(let name): ("workflows", name.text)
      }
    return named
  }
}
