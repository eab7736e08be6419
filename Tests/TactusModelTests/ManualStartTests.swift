import TactusModel
import Testing

/// The start time of a manual run.
struct ManualStartTests {
  private let now = Instant(microseconds: 1_800_000_000_000_000)

  @Test("A manual start is at most 60 s in the past and at most five years ahead")
  func range() {
    #expect(ManualStart.fault(of: nil, now: now) == nil)
    for valid in [now, now - .seconds(60), now + .seconds(1827 * 86_400)] {
      #expect(ManualStart.fault(of: valid, now: now) == nil)
    }
  }

  @Test("Any other instant is refused with the valid range")
  func refused() throws {
    let early = try #require(ManualStart.fault(of: now - .seconds(60) - .microseconds(1), now: now))
    let late = try #require(ManualStart.fault(of: now + .seconds(1827 * 86_400) + .microseconds(1), now: now))
    for fault in [early, late] {
      #expect(fault.valid == (now - .seconds(60))...(now + .seconds(1827 * 86_400)))
    }
    #expect(early.instant == now - .seconds(60) - .microseconds(1))
  }
}
