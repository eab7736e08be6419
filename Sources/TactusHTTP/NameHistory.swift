import TactusModel

/// Results of the last look-ups, for the names that were used last.
struct NameHistory {
  private struct Record {
    let wasQuick: Bool
    let addresses: [String]
    let at: MonotonicInstant
  }

  /// Half of the names that are remembered, because redirects may lead to any number of names.
  private static let half = 2048
  /// As long as libcurl keeps its own answers.
  private static let lifetime: Duration = .seconds(60)

  private var young: [String: Record] = [:]
  private var old: [String: Record] = [:]

  /// Whether the last look-up of a name ended in time; nil if nothing is known.
  mutating func wasQuick(_ name: String) -> Bool? {
    guard let record = young[name] ?? old[name] else { return nil }
    enter(name, record)
    return record.wasQuick
  }

  /// Notes how a look-up went.
  mutating func note(_ name: String, wasQuick: Bool, addresses: [String], at now: MonotonicInstant) {
    enter(name, Record(wasQuick: wasQuick, addresses: addresses, at: now))
  }

  /// The addresses that were found within the last minute; nil for none.
  func recent(_ name: String, at now: MonotonicInstant) -> [String]? {
    guard let record = young[name] ?? old[name], now - record.at < Self.lifetime, !record.addresses.isEmpty
    else { return nil }
    return record.addresses
  }

  private mutating func enter(_ name: String, _ record: Record) {
    young[name] = record
    guard young.count >= Self.half else { return }
    (old, young) = (young, [:])
  }
}
