internal import TactusModel
internal import TactusPorts

/// Removes old events.
///
/// The numbers of pruned events are never used again, because the newest event always stays.
extension Tables {
  /// The most events that one pruning removes: twice the events between two prunings, so that it catches up in short
  /// steps.
  private static let pruneBatch: Int64 = 2048

  /// Removes the oldest events that need not be kept; the newest always stays, so that the numbering continues.
  ///
  /// An event is removed if there are a million newer ones, or if it is older than `keep` by the instant of the newest
  /// event. No clock is read. The walk begins at the oldest event and stops at the first one that is young enough:
  /// events are removed in the order of their numbers only. One call removes at most 2,048 of them, by primary key.
  ///
  /// It runs on the queue of the store, in the open transaction, and is durable after its commit.
  ///
  /// - Parameters:
  ///   - newest: the number of the newest committed event.
  ///   - keep: how long events are kept; nil keeps them as long as there is room.
  /// - Throws: ``StoreError`` if a statement fails; ``UnreadableRow`` if the instant of the newest event is damaged.
  ///   Nothing is removed then.
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
