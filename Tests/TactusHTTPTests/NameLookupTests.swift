import TactusModel
import TactusTestSupport
import Testing

@testable import TactusHTTP

/// The state machine of look-ups needs no clock, thread or name server.
struct NameLookupTests {
  private var lookups = NameLookups()
  private var last: UInt64 = 0

  private static let quick: Duration = .milliseconds(20)
  private static let slow: Duration = .seconds(10)
  private let now = MonotonicInstant(microseconds: 1_000_000)

  private mutating func ask(_ name: String, isLocal: Bool = false) -> (id: TransferID, begins: Bool) {
    last += 1
    let id = TransferID(rawValue: last)
    return (id, lookups.ask(name, for: id, isLocal: { isLocal }))
  }

  /// Ends a look-up; returns the name whose look-up begins.
  @discardableResult
  private mutating func end(_ name: String, after duration: Duration) -> String? {
    lookups.ended(name, addresses: [], after: duration, at: now).next
  }

  @Test("Concurrent requests for a name share one look-up")
  mutating func shared() {
    let (first, begins) = ask("a.example")
    #expect(begins)
    let others = (0..<3).map { _ in ask("a.example") }
    #expect(!others.contains { $0.begins })
    lookups.withdraw(others[1].id, from: "a.example")
    let end = lookups.ended("a.example", addresses: ["192.0.2.1"], after: Self.quick, at: now)
    #expect(end.askers == [first, others[0].id, others[2].id])
    #expect(lookups.recent("a.example", at: now + .seconds(59)) == ["192.0.2.1"])
    #expect(lookups.recent("a.example", at: now + .seconds(60)) == nil)
    #expect(ask("a.example").begins)
  }

  @Test(
    "Each lane has separate room, and a name that does not fit waits in order", arguments: NameLookups.Lane.allCases)
  mutating func lanes(lane: NameLookups.Lane) {
    let room = NameLookups.room(in: lane)
    let names = (0..<room + 2).map { "\(lane)-\($0).example" }
    switch lane {
    case .local, .untried: break
    case .proven, .hanging:
      for name in names {
        #expect(ask(name).begins)
        end(name, after: lane == .proven ? Self.quick : Self.slow)
      }
    }
    #expect(names.prefix(room).allSatisfy { ask($0, isLocal: lane == .local).begins })
    #expect(!ask(names[room], isLocal: lane == .local).begins)
    #expect(!ask(names[room + 1], isLocal: lane == .local).begins)
    #expect(lookups.place(of: names[room]) == .waiting(behind: room))
    #expect(lookups.place(of: names[0]) == .running)
    #expect(end(names[0], after: Self.slow) == names[room])
    #expect(end(names[1], after: Self.slow) == names[room + 1])
    #expect(end(names[2], after: Self.slow) == nil)
  }

  @Test("Names that hang take no room from names that are answered, or that are in the hosts file")
  mutating func starvation() {
    #expect(ask("good.example").begins)
    end("good.example", after: Self.quick)
    var storm = 0
    for round in 0..<10 {
      for index in 0..<1000 where ask("dead-\(round)-\(index).example").begins { storm += 1 }
      #expect(ask("good.example").begins)
      end("good.example", after: Self.quick)
      #expect(ask("local", isLocal: true).begins)
      end("local", after: Self.quick)
    }
    #expect(storm == Limits.otherLookups)
  }

  @Test("A name that hung is tried again, and trusted again once it is answered in time")
  mutating func recovery() {
    for _ in 0..<2 {
      #expect(ask("a.example").begins)
      end("a.example", after: Self.slow)
    }
    let others = (0..<Limits.otherLookups).map { "new-\($0).example" }
    #expect(others.allSatisfy { ask($0).begins })
    #expect(ask("a.example").begins)
    end("a.example", after: Self.quick)
    #expect(ask("a.example").begins)
  }

  @Test("A request that gives up leaves no trace in the line, however often")
  mutating func withdrawal() {
    let running = (0..<Limits.otherLookups).map { "dead-\($0).example" }
    #expect(running.allSatisfy { ask($0).begins })
    for index in 0..<10_000 {
      let name = "late-\(index % 100).example"
      let (id, begins) = ask(name)
      #expect(!begins)
      lookups.withdraw(id, from: name)
      #expect(lookups.place(of: name) == nil)
    }
    #expect(!ask("last.example").begins)
    #expect(end(running[0], after: Self.slow) == "last.example")
    #expect(end(running[1], after: Self.slow) == nil)
  }
}
