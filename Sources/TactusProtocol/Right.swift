/// The rights of callers; each right includes those before it.
public enum Right: String, CaseIterable, Comparable, Sendable {
  /// Status and lists, without definitions, output and events.
  case look
  /// Also definitions, output and events.
  case read
  /// Everything.
  case admin

  /// Orders rights from the least to the most.
  public static func < (left: Right, right: Right) -> Bool { left.rank < right.rank }

  private var rank: Int {
    switch self {
    case .look: 0
    case .read: 1
    case .admin: 2
    }
  }
}
