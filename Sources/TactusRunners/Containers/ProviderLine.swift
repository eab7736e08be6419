import TactusModel
import TactusPorts

/// The attempts that wait for a provider with the same requirements, earliest first.
struct ProviderLine {
  /// A waiting attempt and the receiver of its events.
  struct Member {
    let order: RunOrder
    let events: @Sendable (RunnerEvent) -> Void
  }

  /// The reason last reported to the members.
  ///
  /// An inner nil means that the providers have no room.
  private(set) var hindrance: String??
  private(set) var members: [Member] = []

  /// Inserts a member.
  ///
  /// Members usually arrive in order, so the place is near the end.
  mutating func insert(_ member: Member) {
    func key(_ member: Member) -> (Instant, JobID) { (member.order.scheduledAt, member.order.id) }
    let place = members.lastIndex { key($0) < key(member) }.map { $0 + 1 } ?? 0
    members.insert(member, at: place)
    if let hindrance { member.report(hindrance) }
  }

  mutating func remove(_ id: JobID) { members.removeAll { $0.order.id == id } }

  /// Removes and returns the first members.
  mutating func take(_ count: Int) -> [Member] {
    let taken = Array(members.prefix(count))
    members.removeFirst(taken.count)
    return taken
  }

  /// Reports to the members why they wait, if that changed.
  mutating func report(_ hindrance: String?) {
    // Another reason for the same silence changes nothing for the members.
    guard let reported = self.hindrance, (reported == nil) == (hindrance == nil) else {
      self.hindrance = .some(hindrance)
      for member in members { member.report(hindrance) }
      return
    }
  }
}

extension ProviderLine.Member {
  fileprivate func report(_ hindrance: String?) { events(hindrance.map(RunnerEvent.unprovided) ?? .crowded) }
}
