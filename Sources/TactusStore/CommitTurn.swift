/// Decides when a group commit is due: after a whole turn of the queue that added no writes.
///
/// Committing at the end of the first turn would split concurrent writers over two commits. If a turn added writes, the
/// decision waits for another turn.
struct CommitTurn {
  private var isPosted = false
  private var pendingBefore = 0

  /// Begins a turn and remembers the number of pending writes; false if a turn is already posted.
  ///
  /// The caller posts a block to its queue if this returns true, and calls ``end(pending:)`` there.
  mutating func begin(pending: Int) -> Bool {
    guard !isPosted else { return false }
    isPosted = true
    pendingBefore = pending
    return true
  }

  /// Ends the turn; returns whether no writes were added since it began.
  ///
  /// True means that the group is complete and is committed now. False means that the caller begins another turn.
  mutating func end(pending: Int) -> Bool {
    isPosted = false
    return pending == pendingBefore
  }
}
