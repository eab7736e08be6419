/// Why output of jobs cannot be stored.
public struct OutputTrouble: Hashable, Sendable {
  /// In SQLite's words, with its code.
  public let reason: String
  /// Whether what comes is lost; else it is held until it can be stored.
  public let isLost: Bool

  init(_ error: any Error, isLost: Bool) {
    let cause = error as? StoreError
    reason = cause.map { "\($0.message) (SQLite \($0.code))" } ?? "\(error)"
    self.isLost = isLost
  }
}
