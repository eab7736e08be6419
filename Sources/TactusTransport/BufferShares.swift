/// How much memory the clients of each user need together, and whose connection has to go when it is too much.
struct BufferShares {
  /// Of all users, in bytes.
  private(set) var total = 0
  private var ofUser: [UInt32: Int] = [:]

  /// Notes that the connections of a user need more, or less.
  mutating func change(of user: UInt32, by bytes: Int) {
    guard bytes != 0 else { return }
    total += bytes
    let share = ofUser[user, default: 0] + bytes
    ofUser[user] = share == 0 ? nil : share
  }

  /// Whether a user has more than his share, or all together too much.
  func isTooMuch(of user: UInt32, _ limits: ServerLimits) -> Bool {
    total > limits.bufferedBytes || ofUser[user] ?? 0 > limits.bufferedBytesPerUser
  }

  /// The user who has to give something back: the one with the most, so that nobody pays for another; nil if all is well.
  func debtor(_ limits: ServerLimits) -> UInt32? {
    guard let largest = ofUser.max(by: { ($0.value, $0.key) < ($1.value, $1.key) }) else { return nil }
    return isTooMuch(of: largest.key, limits) ? largest.key : nil
  }
}
