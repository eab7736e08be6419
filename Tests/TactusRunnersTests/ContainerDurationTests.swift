import TactusModel
import Testing

@testable import TactusRunners

@Suite("How long a container ran")
struct ContainerDurationTests {
  @Test(
    "The engine's own clock tells it, unless somebody set that, and never more than was measured",
    arguments: [
      // told, measured, step of the wall clock, local, expected
      (4000, 4200, 0, true, 4000), (1000, 9000, 0, true, 1000), (-7_196_000, 4200, -7_200_000, true, 4200),
      (7_204_000, 4200, 7_200_000, true, 4200), (2000, 4200, -2000, true, 4200), (4300, 4200, 0, true, 4200),
      (4000, 4200, -7_200_000, false, 4000), (-7_196_000, 4200, 0, false, 4200), (7_204_000, 4200, 0, false, 4200),
    ])
  func value(_ row: (told: Int, measured: Int, step: Int, isLocal: Bool, expected: Int)) {
    let duration = ContainerDuration(
      told: .milliseconds(row.told), measured: .milliseconds(row.measured), step: .milliseconds(row.step),
      isLocal: row.isLocal)
    #expect(duration.value == .milliseconds(row.expected))
  }

  @Test("After a boot only the engine's clock is left, and nothing is negative")
  func otherBoot() {
    #expect(ContainerDuration(told: .seconds(4), isLocal: true).value == .seconds(4))
    #expect(ContainerDuration(told: .seconds(-4), isLocal: true).value == .zero)
    #expect(ContainerDuration(isLocal: true).value == nil)
    #expect(ContainerDuration(measured: .seconds(-1), isLocal: true).value == .zero)
  }
}
