import TactusModel
import Testing

/// When a run made by hand may start.
struct ManualStartTests {
  private let now = Instant(microseconds: 1_800_000_000_000_000)

  @Test("A manual start lies at most 60 s in the past and at most five years ahead")
  func range() {
    #expect(ManualStart.refusal(of: nil, now: now) == nil)
    for valid in [now, now - .seconds(60), now + .seconds(1827 * 86_400)] {
      #expect(ManualStart.refusal(of: valid, now: now) == nil)
    }
  }

  @Test("Anything else is refused with the range that is valid")
  func refused() throws {
    let early = try #require(ManualStart.refusal(of: now - .seconds(60) - .microseconds(1), now: now))
    let late = try #require(ManualStart.refusal(of: now + .seconds(1827 * 86_400) + .microseconds(1), now: now))
    #expect(early.contains("too long ago") && late.contains("too far ahead"))
    for sentence in [early, late] {
      #expect(sentence.contains("from \(now - .seconds(60))"))
      #expect(sentence.contains("to \(now + .seconds(1827 * 86_400))"))
    }
  }
}
