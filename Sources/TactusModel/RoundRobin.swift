/// Who goes next among many who may wait for much: each key in turn, what one key waits for in order.
public struct RoundRobin<Key: Hashable & Sendable, Item: Sendable>: Sendable {
  private var items: [Key: [Item]] = [:]
  /// Keys with something that waits, the next one first.
  private var keys: [Key] = []

  /// Nothing waits.
  public init() {}

  /// Puts an item behind what its key waits for already.
  public mutating func append(_ item: Item, for key: Key) {
    if items[key] == nil { keys.append(key) }
    items[key, default: []].append(item)
  }

  /// Takes the next item of the next key, which then goes last; nil if nothing waits.
  public mutating func popNext() -> Item? {
    guard let key = keys.first, let item = items[key]?.first else { return nil }
    keys.removeFirst()
    items[key]?.removeFirst()
    if items[key]?.isEmpty == false { keys.append(key) } else { items[key] = nil }
    return item
  }
}
