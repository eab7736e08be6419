import Foundation
import Glibc
import TactusTestSupport
import Testing

extension OnMachine {
  /// Sets the real clock, which all processes of this machine see.
  ///
  /// No other test runs at the same time.
  @Suite("The clock")
  struct ClockTests {
    /// Steps the real clock.
    ///
    /// The caller must undo each step.
    private func step(by seconds: Int) throws {
      var now = timespec()
      guard clock_gettime(CLOCK_REALTIME, &now) == 0 else { throw Laboratory.Failed("no clock") }
      now.tv_sec += seconds
      guard clock_settime(CLOCK_REALTIME, &now) == 0 else {
        throw Laboratory.Failed("the clock cannot be set: \(String(cString: strerror(errno)))")
      }
    }

    @Test("The daemon logs a step of the real clock forward and back, and continues the schedule")
    func realClock() async throws {
      let machine = try await ServiceLab.installed(workflows: [
        "tick": "[Schedule]\nInterval=1s\n[Command]\nExec=/bin/true\n"
      ])
      func steps() async throws -> [Int] {
        try await machine.journal("TACTUS_MESSAGE=clock_set").compactMap { $0["TACTUS_STEP_USEC"].flatMap { Int($0) } }
      }
      func ticked() async throws {
        let count = try await machine.jobs("--workflow=tick", "--status=COMPLETED").count
        _ = try await eventually("the workflow continues") {
          try await machine.jobs("--workflow=tick", "--status=COMPLETED").count > count + 1 ? true : nil
        }
      }
      try await ticked()
      do {
        try step(by: 5)
        var isBack = false
        defer { if !isBack { try? step(by: -5) } }  // the test has already failed
        let forward = try await eventually("the step forward is logged") { try await steps().first }
        #expect((4_900_000...5_100_000).contains(forward), "\(forward)")
        try await ticked()
        try step(by: -5)
        isBack = true
      }
      let back = try await eventually("the step back is logged") { try await steps().dropFirst().first }
      #expect((-5_100_000 ... -4_900_000).contains(back), "\(back)")
      try await ticked()
      try await machine.verify()
    }
  }
}
