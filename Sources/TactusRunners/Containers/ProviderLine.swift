import TactusModel
import TactusPorts

/// The attempts that wait for a provider and require the same of it, the earliest instant first.
struct ProviderLine {
  /// Who waits, and who is told.
  struct Member {
    let order: RunOrder
    let events: @Sendable (RunnerEvent) -> Void
  }

  /// What its members were told last: why none of their providers answers; nil for that they have no room.
  private(set) var hindrance: String??
  private(set) var members: [Member] = []

  /// They come in order mostly, so the place is near the end.
  mutating func insert(_ member: Member) {
    func key(_ member: Member) -> (Instant, JobID) { (member.order.scheduledAt, member.order.id) }
    let place = members.lastIndex { key($0) < key(member) }.map { $0 + 1 } ?? 0
    members.insert(member, at: place)
    if let hindrance { member.tell(hindrance) }
  }

  mutating func remove(_ id: JobID) { members.removeAll { $0.order.id == id } }

  /// Takes the first members out.
  mutating func take(_ count: Int) -> [Member] {
    let taken = Array(members.prefix(count))
    members.removeFirst(taken.count)
    return taken
  }

  /// Tells the members why they wait, if that is news to them.
  mutating func tell(_ hindrance: String?) {
    // That the same engines are away for another reason now changes nothing for those who wait.
    guard let told = self.hindrance, (told == nil) == (hindrance == nil) else {
      self.hindrance = .some(hindrance)
      for member in members { member.tell(hindrance) }
      return
    }
  }
}

extension ProviderLine.Member {
  fileprivate func tell(_ hindrance: String?) { events(hindrance.map(RunnerEvent.unprovided) ?? .crowded) }
}
