/// The reason why the output of jobs cannot be stored.
///
/// A value is reported when writing begins to fail, and again if the fate of new lines changes. Nil is reported when a
/// commit succeeds.
public struct OutputTrouble: Hashable, Sendable {
  /// SQLite's message with its code: `database is locked (SQLite 5)`.
  public let reason: String
  /// Whether new lines are lost; if false, they are held until they can be stored.
  public let isLost: Bool

  /// Takes the message of a ``StoreError``, without the statement that failed; any other error as text.
  init(_ error: any Error, isLost: Bool) {
    reason = StoreError.reason(of: error)
    self.isLost = isLost
  }
}
