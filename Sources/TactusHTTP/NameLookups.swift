import TactusModel

/// The running and waiting look-ups of host names, and the requests that wait for them: a pure state machine.
///
/// A look-up cannot be canceled, so each that hangs keeps its thread until the resolver gives up. Therefore a name has
/// one look-up at a time, for all requests, and each lane has its own limit: look-ups that hang never use the slots
/// of look-ups that end in time. See ADR 13.
struct NameLookups {
  /// A class of names with its own limit.
  enum Lane: CaseIterable {
    /// The hosts file has the name.
    case local
    /// The last look-up of the name ended in time.
    case proven
    /// The name was not looked up, or the result was forgotten.
    case untried
    /// The last look-up of the name hung.
    case hanging
  }

  /// The state of a name.
  enum Place: Hashable {
    /// Its look-up runs.
    case running
    /// It waits behind this number of running look-ups of its lane.
    case waiting(behind: Int)
  }

  /// The duration after which a look-up counts as hanging.
  static let patience: Duration = .seconds(1)

  private var running: [String: (lane: Lane, askers: [TransferID])] = [:]
  private var waiting: [String: (lane: Lane, ticket: UInt64, askers: [TransferID])] = [:]
  private var counts: [Lane: Int] = [:]
  private var lines: [Lane: WaitingLine] = [:]
  private var history = NameHistory()
  private var lastTicket: UInt64 = 0

  /// The number of look-ups of a lane that may run at once.
  static func room(in lane: Lane) -> Int {
    switch lane {
    case .local: Limits.localLookups
    case .proven: Limits.provenLookups
    case .untried, .hanging: Limits.otherLookups
    }
  }

  /// Adds a request that waits for a name.
  ///
  /// - Parameter isLocal: whether the hosts file has the name; called only if the history has no result.
  /// - Returns: whether the caller must start a look-up of the name now.
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

  /// Removes a request.
  ///
  /// A running look-up continues; a waiting one without requests is dropped.
  mutating func withdraw(_ id: TransferID, from name: String) {
    running[name]?.askers.removeAll { $0 == id }
    waiting[name]?.askers.removeAll { $0 == id }
    guard let entry = waiting[name], entry.askers.isEmpty else { return }
    waiting[name] = nil
    lines[entry.lane]?.tidy { waiting[$0]?.ticket == $1 }
  }

  /// Notes the end of a look-up.
  ///
  /// - Parameters:
  ///   - addresses: the addresses that were found; empty if none were found.
  ///   - duration: how long it took.
  /// - Returns: the requests that waited for it, in order, and the name whose look-up the caller must start next.
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

  /// The state of a name; nil if no request waits for it.
  func place(of name: String) -> Place? {
    if let entry = waiting[name] { return .waiting(behind: counts[entry.lane, default: 0]) }
    return running[name] == nil ? nil : .running
  }

  /// The state of a look-up, as a part of a message.
  func standing(of name: String) -> String {
    guard case .waiting(let count) = place(of: name) else { return "the name \(name) was still being looked up" }
    return "the name \(name) waited to be looked up behind \(count) look-ups that no name server has answered"
  }

  /// The addresses that were found within the last minute; nil if none were found.
  func recent(_ name: String, at now: MonotonicInstant) -> [String]? { history.recent(name, at: now) }

  private mutating func run(_ name: String, in lane: Lane, for askers: [TransferID]) {
    running[name] = (lane, askers)
    counts[lane, default: 0] += 1
  }
}

/// The waiting names of a lane in their order; names that have left are skipped.
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

  /// Notes that a name has left.
  ///
  /// When half of the names have left, they are removed, so that the line stays short.
  mutating func tidy(keeping isThere: (String, UInt64) -> Bool) {
    departed += 1
    guard departed > 64, 2 * departed > entries.count - first else { return }
    entries = entries[first...].filter { isThere($0.name, $0.ticket) }
    (first, departed) = (0, 0)
  }
}
