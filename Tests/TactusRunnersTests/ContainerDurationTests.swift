import TactusModel
import Testing

@testable import TactusRunners

@Suite("The duration of a container")
struct ContainerDurationTests {
  @Test(
    "The engine's clock gives the duration, unless that clock was set, and never more than was measured",
    arguments: [
      // reported, measured, step of the wall clock, local, expected
      (4000, 4200, 0, true, 4000), (1000, 9000, 0, true, 1000), (-7_196_000, 4200, -7_200_000, true, 4200),
      (7_204_000, 4200, 7_200_000, true, 4200), (2000, 4200, -2000, true, 4200), (4300, 4200, 0, true, 4200),
      (4000, 4200, -7_200_000, false, 4000), (-7_196_000, 4200, 0, false, 4200), (7_204_000, 4200, 0, false, 4200),
    ])
  func value(_ row: (reported: Int, measured: Int, step: Int, isLocal: Bool, expected: Int)) {
    let duration = ContainerDuration(
      reported: .milliseconds(row.reported), measured: .milliseconds(row.measured), step: .milliseconds(row.step),
      isLocal: row.isLocal)
    #expect(duration.value == .milliseconds(row.expected))
  }

  @Test("After a boot only the engine's clock is available, and no duration is negative")
  func otherBoot() {
    #expect(ContainerDuration(reported: .seconds(4), isLocal: true).value == .seconds(4))
    #expect(ContainerDuration(reported: .seconds(-4), isLocal: true).value == .zero)
    #expect(ContainerDuration(isLocal: true).value == nil)
    #expect(ContainerDuration(measured: .seconds(-1), isLocal: true).value == .zero)
  }
}
