internal import TactusModel

/// Thrown by a verb over many rows when one of them cannot be dealt with: the verb is undone and done again without it.
struct LeftAlone: Error {
  /// What is left alone, until the next start of the daemon.
  enum Subject: Hashable {
    case job(JobID)
    case workflow(WorkflowID)
    /// The definition of a name, in the load that is under way.
    case name(WorkflowName)
  }

  var subject: Subject
  var cause: UnreadableRow
}

extension Tables {
  func isLeftAlone(_ id: JobID) -> Bool { leftAlone.contains(.job(id)) }

  /// Does something to one of many rows, unless it was left alone before.
  /// - Throws: ``LeftAlone`` if the row cannot be read, or contradicts the rules of its table.
  func each(_ subject: LeftAlone.Subject, _ body: () throws -> Void) throws {
    guard !leftAlone.contains(subject) else { return }
    do { try body() } catch let fault as UnreadableRow {
      throw LeftAlone(subject: subject, cause: fault)
    } catch let error as StoreError where error.isContradiction {
      throw LeftAlone(subject: subject, cause: subject.contradiction(error))
    }
  }
}

extension LeftAlone.Subject {
  fileprivate func contradiction(_ error: StoreError) -> UnreadableRow {
    switch self {
    case .job(let id): UnreadableRow(table: "jobs", row: "\(id)", column: "", problem: .contradiction(error.message))
    case .workflow(let id):
      UnreadableRow(table: "workflows", row: "\(id.number)", column: "", problem: .contradiction(error.message))
    case .name(let name):
      UnreadableRow(table: "workflows", row: name.text, column: "", problem: .contradiction(error.message))
    }
  }
}
