internal import TactusModel

/// Removes old events.
///
/// The numbers of pruned events are never used again, because the newest event always stays.
extension LedgerVerbs {
  /// The most events that one pruning removes: twice the events between two prunings, so that it catches up in short
  /// steps.
  private static let pruneBatch: Int64 = 2048

  /// Removes the oldest events that need not be kept; the newest always stays, so that the numbering continues.
  ///
  /// An event is removed if there are a million newer ones, or if it is older than `keep` by the instant of the newest
  /// event. No clock is read. The walk begins at the oldest event and stops at the first one that is young enough:
  /// events are removed in the order of their numbers only. One call removes at most 2,048 of them, by primary key.
  ///
  /// - Parameters:
  ///   - newest: the number of the newest committed event.
  ///   - keep: how long events are kept; nil keeps them as long as there is room.
  /// - Throws: ``UnreadableRow`` if the instant of the newest event is damaged. Nothing is removed then.
  public func pruneEvents(through newest: Int64, keep: Duration?) throws {
    guard let oldest = try rows.oldestEvent(), oldest < newest else { return }
    let batchEnd = min(oldest.addingSaturated(Self.pruneBatch), newest)
    var end = min(max(oldest, newest.subtractingSaturated(Int64(Limits.eventRows) - 1)), batchEnd)
    if let keep, let now = try rows.time(ofEvent: newest) {
      end = max(end, try rows.firstEvent(in: oldest...batchEnd, since: now - keep) ?? batchEnd)
    }
    guard end > oldest else { return }
    try rows.removeEvents(before: end)
  }
}
