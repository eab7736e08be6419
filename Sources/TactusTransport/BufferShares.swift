/// Tracks the memory of each user's clients, and chooses the user who has to lose a connection if it is too much.
struct BufferShares {
  /// The memory of all users, in bytes.
  private(set) var total = 0
  private var ofUser: [UInt32: Int] = [:]

  /// Records that the connections of a user need more or less memory.
  mutating func change(of user: UInt32, by bytes: Int) {
    guard bytes != 0 else { return }
    total += bytes
    let share = ofUser[user, default: 0] + bytes
    ofUser[user] = share == 0 ? nil : share
  }

  /// Whether a user exceeds the share, or all users together exceed the limit.
  func isTooMuch(of user: UInt32, _ limits: ServerLimits) -> Bool {
    total > limits.bufferedBytes || ofUser[user] ?? 0 > limits.bufferedBytesPerUser
  }

  /// Returns the user who has to free memory: the one with the most; nil within the limits.
  func debtor(_ limits: ServerLimits) -> UInt32? {
    guard let largest = ofUser.max(by: { ($0.value, $0.key) < ($1.value, $1.key) }) else { return nil }
    return isTooMuch(of: largest.key, limits) ? largest.key : nil
  }
}
