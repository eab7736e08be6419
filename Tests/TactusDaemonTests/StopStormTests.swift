import TactusModel
import TactusProtocol
import TactusSimulation
import TactusTestSupport
import Testing

@Suite("Many starts and stops")
struct StopStormTests {
  private static let scheduled = "[Workflow]\nMaxConsecutiveFailures=infinity\n[Schedule]\nInterval=1s\n[Command]\n"

  @Test("The daemon exits with 0 in twenty quick stops in a row")
  func quick() async throws {
    let daemon = try RunningDaemon(notStartedWith: [
      "good": Self.scheduled + "Exec=/bin/true\n", "bad": Self.scheduled + "Exec=/bin/false\n",
    ])
    for _ in 0..<20 {
      try await daemon.start()
      #expect(try await daemon.stop() == 0)
    }
    #expect(try await daemon.check("--verify").code == 0)
  }

  @Test("After SIGTERM at a random moment under load, no process is left and every row has its end")
  func underLoad() async throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed of the storm: \(seed)")
    var random = SeededGenerator(seed: seed)
    let daemon = try RunningDaemon(notStartedWith: [
      "good": Self.scheduled + "Exec=/bin/true\n", "bad": Self.scheduled + "Exec=/bin/false\n",
      "slow": Self.scheduled + "Exec=/bin/sleep 0.3\n",
      "many":
        "[Workflow]\nOverlap=allow\nMaxConsecutiveFailures=infinity\n[Command]\nExec=/bin/sh -c 'echo a; exit 3'\n",
    ])
    for _ in 0..<10 {
      try await daemon.start()
      let runs = Int.random(in: 0...20, using: &random)
      var ids: [String] = []
      for _ in 0..<runs { ids.append(try await daemon.run("many")) }
      try await daemon.rest(.milliseconds(Int.random(in: 0...400, using: &random)))
      #expect(try await daemon.stop() == 0)
      #expect(daemon.jobProcesses().isEmpty)
    }
    let verified = try await daemon.check("--verify")
    #expect(verified.code == 0, "\(verified.output)")
  }
}
