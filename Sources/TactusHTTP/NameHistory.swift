import TactusModel

/// The results of recent look-ups, for recently used names.
struct NameHistory {
  private struct Record {
    let wasQuick: Bool
    let addresses: [String]
    let at: MonotonicInstant
  }

  /// Half of the number of names that are kept; limited, because redirects may name any number of hosts.
  private static let half = 2048
  /// The lifetime of addresses, which is that of libcurl's own cache.
  private static let lifetime: Duration = .seconds(60)

  private var young: [String: Record] = [:]
  private var old: [String: Record] = [:]

  /// Whether the last look-up of a name ended in time; nil if that is unknown.
  mutating func wasQuick(_ name: String) -> Bool? {
    guard let record = young[name] ?? old[name] else { return nil }
    enter(name, record)
    return record.wasQuick
  }

  /// Notes the result of a look-up.
  mutating func note(_ name: String, wasQuick: Bool, addresses: [String], at now: MonotonicInstant) {
    enter(name, Record(wasQuick: wasQuick, addresses: addresses, at: now))
  }

  /// The addresses that were found within the last minute; nil if none were found.
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
