internal import TactusModel
public import TactusPorts

/// The event stream, as far as it is committed.
extension Archive {
  /// As ``LedgerReader`` says.
  public nonisolated func eventRange(answer: @escaping Answer<EventRange>) { read(answer) { try $0.eventRange() } }

  func eventRange() throws -> EventRange {
    let epoch = try connection.first("SELECT epoch FROM store") { $0.text(0) } ?? ""
    let oldest = try connection.first("SELECT min(sequence) FROM events") { $0.optionalInteger(0) } ?? nil
    let newest = try connection.first("SELECT max(sequence) FROM events") { $0.optionalInteger(0) } ?? nil
    return EventRange(epoch: epoch, oldest: max(1, oldest ?? 1), newest: max(0, newest ?? 0))
  }

  /// As ``LedgerReader`` says.
  public nonisolated func events(
    after sequence: Int64, matching filter: EventFilter, limit: Int, answer: @escaping Answer<EventPage>
  ) {
    read(answer) { archive in
      var page = EventPage(events: [], through: sequence, isLast: false)
      var looked = 0
      let workflow = try filter.workflow.map(archive.number)
      try archive.connection.statement(Self.eventRows).run([sequence, EventFilter.scanned]) { row in
        if looked == 0, row.integer(0) > sequence.addingSaturated(1) { page.firstKept = row.integer(0) }
        looked += 1
        page.through = row.integer(0)
        guard workflow == nil || row.optionalInteger(3) == workflow?.number else { return true }
        let event = try archive.connection.reporting { () throws -> Event? in
          guard try filter.job == nil || row.optionalJobID(4) == filter.job else { return nil }
          return try Self.event(row)
        }
        if let event = event ?? nil { page.events.append(event) }
        return page.events.count < limit
      }
      page.isLast = looked < EventFilter.scanned && page.events.count < limit
      return page
    }
  }

  private static let eventRows: StaticString = """
    SELECT e.sequence, e.at, e.type, e.workflow_id, e.job_id, e.status, e.error_code, w.name, e.detail
    FROM events e LEFT JOIN workflows w ON w.id = e.workflow_id
    WHERE e.sequence > ? ORDER BY e.sequence LIMIT ?
    """

  private static func event(_ row: borrowing Row) throws -> Event {
    Event(
      sequence: row.integer(0), at: try row.instant(1), type: row.anyWord(2),
      workflow: row.optionalText(7).flatMap(WorkflowName.init), job: try row.optionalJobID(4),
      status: row.optionalAnyWord(5), errorCode: row.optionalAnyWord(6), detail: row.optionalText(8))
  }
}
