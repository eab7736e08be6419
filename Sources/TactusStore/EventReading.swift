internal import TactusModel
public import TactusPorts

/// Reads committed events.
///
/// Event numbers are the primary key of `events`: dense within the epoch of the store, from 1. Pruning removes only the
/// lowest ones, so a gap after the oldest kept event means damage.
extension Archive {
  /// Reads the epoch, and the first and the last key of `events`.
  public nonisolated func eventRange(answer: @escaping Answer<EventRange>) { read(answer) { try $0.eventRange() } }

  /// Returns the range of kept events; two look-ups of one key each, whatever their number.
  ///
  /// - Returns: the epoch, empty if the store has no row. Without events, the oldest is 1 and the newest is 0.
  /// - Throws: ``StoreError``.
  func eventRange() throws -> EventRange {
    let epoch = try connection.first("SELECT epoch FROM store") { $0.text(0) } ?? ""
    let oldest = try connection.first("SELECT min(sequence) FROM events") { $0.optionalInteger(0) } ?? nil
    let newest = try connection.first("SELECT max(sequence) FROM events") { $0.optionalInteger(0) } ?? nil
    return EventRange(epoch: epoch, oldest: max(1, oldest ?? 1), newest: max(0, newest ?? 0))
  }

  /// Walks the primary key of `events` from the number after `sequence`, with the workflow of each event by its number.
  ///
  /// The walk stops at `limit` matches, or after ``EventFilter/scanned`` rows. The filter is checked on each row and
  /// has no index. So a page may be empty and not be the last one: continue after `through`.
  ///
  /// - `through` is the last number that was examined; it is `sequence` if there are no later events.
  /// - `firstKept` is set if the first row is not the next number, because the events between were pruned.
  /// - An event that cannot be read is reported and left out. The walk passes it.
  /// - The name of a workflow that does not exist is answered with notFound. A deleted workflow keeps its events.
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

  /// Selects events after a number, in their order; parameters: the number, the most rows.
  ///
  /// A workflow's name is read from its row, which stays when it is deleted. Events of the daemon have no workflow.
  private static let eventRows: StaticString = """
    SELECT e.sequence, e.at, e.type, e.workflow_id, e.job_id, e.status, e.error_code, w.name, e.detail
    FROM events e LEFT JOIN workflows w ON w.id = e.workflow_id
    WHERE e.sequence > ? ORDER BY e.sequence LIMIT ?
    """

  /// Reads one row of ``eventRows``; type, status and error code may be words of another version.
  ///
  /// - Parameter row: the current row.
  /// - Returns: the event with the name of its workflow.
  /// - Throws: ``UnreadableRow`` if the instant or the id of the job is damaged.
  private static func event(_ row: borrowing Row) throws -> Event {
    Event(
      sequence: row.integer(0), at: try row.instant(1), type: row.anyWord(2),
      workflow: row.optionalText(7).flatMap(WorkflowName.init), job: try row.optionalJobID(4),
      status: row.optionalAnyWord(5), errorCode: row.optionalAnyWord(6), detail: row.optionalText(8))
  }
}
