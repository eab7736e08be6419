/// When a group commit is due: after a whole turn of the queue that brought nothing new.
///
/// Committing at the first tail would split the writers of one moment over two commits; a look at the end of a turn that
/// brought more is followed by another look.
struct CommitTurn {
  private var isPosted = false
  private var pendingBefore = 0

  /// Begins a look at what is pending; false if one is on its way already.
  mutating func begin(pending: Int) -> Bool {
    guard !isPosted else { return false }
    isPosted = true
    pendingBefore = pending
    return true
  }

  /// Ends the look; answers whether nothing came since it began.
  mutating func end(pending: Int) -> Bool {
    isPosted = false
    return pending == pendingBefore
  }
}
