import TactusModel

/// Look-ups of host names that run or wait in line, and the requests that ask for them: a pure machine.
///
/// A look-up cannot be canceled, so each that hangs keeps its thread until the resolver gives up. A name is therefore
/// looked up once at a time, for all requests that ask, and each lane has room of its own: names that hang never take
/// the room of names that are answered. See ADR 13.
struct NameLookups {
  /// A class of names with room of its own.
  enum Lane: CaseIterable {
    /// It is in the file of hosts.
    case local
    /// Its last look-up ended in time.
    case proven
    /// It has not been looked up, or that was forgotten.
    case untried
    /// Its last look-up hung.
    case hanging
  }

  /// The place of a name.
  enum Place: Hashable {
    /// It is being looked up.
    case running
    /// It waits for room, because so many look-ups of its lane run.
    case waiting(behind: Int)
  }

  /// From here on a look-up counts as one that hangs.
  static let patience: Duration = .seconds(1)

  private var running: [String: (lane: Lane, askers: [TransferID])] = [:]
  private var waiting: [String: (lane: Lane, ticket: UInt64, askers: [TransferID])] = [:]
  private var counts: [Lane: Int] = [:]
  private var lines: [Lane: WaitingLine] = [:]
  private var history = NameHistory()
  private var lastTicket: UInt64 = 0

  /// Look-ups of a lane that run at once.
  static func room(in lane: Lane) -> Int {
    switch lane {
    case .local: Limits.localLookups
    case .proven: Limits.provenLookups
    case .untried, .hanging: Limits.otherLookups
    }
  }

  /// Has a request wait for a name.
  ///
  /// - Parameter isLocal: whether the file of hosts has the name; asked only if nothing better is known.
  /// - Returns: whether a look-up of the name is to be started now.
  mutating func ask(_ name: String, for id: TransferID, isLocal: () -> Bool) -> Bool {
    guard running[name]?.askers.append(id) == nil, waiting[name]?.askers.append(id) == nil else { return false }
    let lane: Lane =
      switch history.wasQuick(name) {
      case true?: .proven
      case false?: .hanging
      case nil: isLocal() ? .local : .untried
      }
    guard counts[lane, default: 0] < Self.room(in: lane) else {
      lastTicket += 1
      waiting[name] = (lane, lastTicket, [id])
      lines[lane, default: WaitingLine()].append(name, ticket: lastTicket)
      return false
    }
    run(name, in: lane, for: [id])
    return true
  }

  /// Takes a request out; a running look-up continues, one that has not begun does not begin.
  mutating func withdraw(_ id: TransferID, from name: String) {
    running[name]?.askers.removeAll { $0 == id }
    waiting[name]?.askers.removeAll { $0 == id }
    guard let entry = waiting[name], entry.askers.isEmpty else { return }
    waiting[name] = nil
    lines[entry.lane]?.tidy { waiting[$0]?.ticket == $1 }
  }

  /// Takes note of an end.
  ///
  /// - Parameters:
  ///   - addresses: what was found; empty if nothing was.
  ///   - duration: how long it took.
  /// - Returns: the requests that waited for it, in order, and the name whose look-up is to be started in its place.
  mutating func ended(
    _ name: String, addresses: [String], after duration: Duration, at now: MonotonicInstant
  ) -> (askers: [TransferID], next: String?) {
    guard let entry = running.removeValue(forKey: name) else { fatalError("a look-up of \(name) ended twice") }
    history.note(name, wasQuick: duration < Self.patience, addresses: addresses, at: now)
    counts[entry.lane, default: 0] -= 1
    while let (name, ticket) = lines[entry.lane]?.popFirst() {
      guard let next = waiting[name], next.ticket == ticket else { continue }
      waiting[name] = nil
      run(name, in: entry.lane, for: next.askers)
      return (entry.askers, name)
    }
    return (entry.askers, nil)
  }

  /// The place of a name; nil if no request asks for it.
  func place(of name: String) -> Place? {
    if let entry = waiting[name] { return .waiting(behind: counts[entry.lane, default: 0]) }
    return running[name] == nil ? nil : .running
  }

  /// The state of a look-up, as a part of a sentence.
  func standing(of name: String) -> String {
    guard case .waiting(let count) = place(of: name) else { return "the name \(name) was still being looked up" }
    return "the name \(name) waited to be looked up behind \(count) look-ups that no name server has answered"
  }

  /// Addresses that were found within the last minute; nil for none.
  func recent(_ name: String, at now: MonotonicInstant) -> [String]? { history.recent(name, at: now) }

  private mutating func run(_ name: String, in lane: Lane, for askers: [TransferID]) {
    running[name] = (lane, askers)
    counts[lane, default: 0] += 1
  }
}

/// Names in the order in which they asked; one that has left is skipped.
private struct WaitingLine {
  private var entries: [(name: String, ticket: UInt64)] = []
  private var first = 0
  private var departed = 0

  mutating func append(_ name: String, ticket: UInt64) { entries.append((name, ticket)) }

  mutating func popFirst() -> (name: String, ticket: UInt64)? {
    guard first < entries.count else {
      (entries, first, departed) = ([], 0, 0)
      return nil
    }
    defer { first += 1 }
    return entries[first]
  }

  /// Notes that one has left; when half of them have, the rest moves up, so that the line does not outgrow those who wait.
  mutating func tidy(keeping isThere: (String, UInt64) -> Bool) {
    departed += 1
    guard departed > 64, 2 * departed > entries.count - first else { return }
    entries = entries[first...].filter { isThere($0.name, $0.ticket) }
    (first, departed) = (0, 0)
  }
}
