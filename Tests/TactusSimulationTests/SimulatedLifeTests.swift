import TactusSimulation
import TactusTestSupport
import Testing

@Suite("Simulated lives")
struct SimulatedLifeTests {
  private func history(seed: UInt64, hasFaults: Bool = true) throws -> SimulatedLife.History {
    let plan = SimulatedLife.Plan(seed: seed, days: 30, workflows: 10, hasFaults: hasFaults)
    let file = TemporaryFile()
    var life = try SimulatedLife(plan, in: file.directory)
    return try withExtendedLifetime(file) { try life.live() }
  }

  @Test("A month with power cuts, clock steps and full disks has no findings, and its seed repeats it")
  func month() throws {
    let first = try history(seed: 1)
    #expect(first.findings.isEmpty, "\(first.findings.joined(separator: "\n"))")
    #expect(first.jobs["COMPLETED"] ?? 0 > 1000)
    for kind in SimulatedLife.Happening.allCases { #expect(first.happenings[kind] ?? 0 > 0, "\(kind)") }
    // The cuts met jobs that ran.
    #expect(first.errors["LOST"] ?? 0 > 0)
    #expect(try history(seed: 1) == first)
    #expect(try history(seed: 2).digest != first.digest)
  }

  @Test("Without faults there are no power cuts, clock steps and full disks")
  func quiet() throws {
    let history = try history(seed: 3, hasFaults: false)
    #expect(history.findings.isEmpty)
    for kind in [SimulatedLife.Happening.powerCut, .clockStep, .fullDisk] { #expect(history.happenings[kind] == nil) }
  }

  @Test(
    "A wrong command line is refused with exit status 2",
    arguments: ["--seed=x", "--days=0", "--days=40000", "--workflows=-1", "--faults=some", "--frob", "word", "--seed"])
  func refused(word: String) { #expect(SimulationCommand.run([word]) == 2) }
}
