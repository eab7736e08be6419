internal import TactusModel
internal import TactusPorts

/// What is kept of the event stream.
extension Tables {
  /// Events that one pruning removes at most: twice what comes between two, so that it catches up and is never long.
  private static let pruneBatch: Int64 = 2048

  /// Removes the oldest events that need not be kept; the newest always stays, so that numbers go on.
  func pruneEvents(through newest: Int64, keep: Duration?) throws {
    guard let oldest = try connection.first("SELECT min(sequence) FROM events", read: { $0.optionalInteger(0) }) ?? nil
    else { return }
    let batchEnd = min(oldest.addingSaturated(Self.pruneBatch), newest)
    var end = min(max(oldest, newest.subtractingSaturated(Int64(Limits.eventRows) - 1)), batchEnd)
    if let keep,
      let now = try connection.first("SELECT at FROM events WHERE sequence = ?", newest, read: { try $0.instant(0) })
    {
      let firstKept = try connection.first(
        "SELECT sequence FROM events WHERE sequence BETWEEN ? AND ? AND at >= ? ORDER BY sequence LIMIT 1",
        oldest, batchEnd, now - keep
      ) { $0.integer(0) }
      end = max(end, firstKept ?? batchEnd)
    }
    guard end > oldest else { return }
    try connection.run("DELETE FROM events WHERE sequence < ?", end)
  }
}
