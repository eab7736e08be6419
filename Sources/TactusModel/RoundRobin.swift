/// A fair line: the keys take turns, and the items of one key stay in order.
public struct RoundRobin<Key: Hashable & Sendable, Item: Sendable>: Sendable {
  private var items: [Key: [Item]] = [:]
  /// Keys with waiting items, the next one first.
  private var keys: [Key] = []

  /// Creates an empty line.
  public init() {}

  /// Whether the line is empty.
  public var isEmpty: Bool { keys.isEmpty }

  /// Appends an item behind the waiting items of its key.
  public mutating func append(_ item: Item, for key: Key) {
    if items[key] == nil { keys.append(key) }
    items[key, default: []].append(item)
  }

  /// Removes and returns the next item of the next key, which then goes last; nil if the line is empty.
  public mutating func popNext() -> Item? {
    guard let key = keys.first, let item = items[key]?.first else { return nil }
    keys.removeFirst()
    items[key]?.removeFirst()
    if items[key]?.isEmpty == false { keys.append(key) } else { items[key] = nil }
    return item
  }
}
