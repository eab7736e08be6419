import Glibc
import TactusLinux
import TactusModel
import TactusPorts
import Testing

@testable import TactusRunners

@Suite("ProcessRunner: limits where there are no controllers")
struct ProcessLimitTests {
  private let limits = CommandLimits(memoryMax: 64 << 20, tasksMax: 5)

  private func command(_ limits: CommandLimits) -> Command { Command(arguments: ["/bin/true"], limits: limits) }

  @Test(
    "without a control group a limited job runs, and the log says once for its workflow that its limits are not enforced"
  )
  func warning() async throws {
    let fixture = ProcessFixture()
    for limits in [limits, limits, CommandLimits(memoryMax: 1 << 30, tasksMax: 9)] {
      #expect(await fixture.start(command(limits)).ended()?.ending == .succeeded)
    }
    let sentence =
      "limits of workflow nightly are not enforced: no control of memory and the number of tasks, because tactusd has no control group of its own: "
      + "Delegate=yes in its unit, or CgroupRoot= in tactusd.conf, gives it one; StrictLimits=yes would refuse its jobs"
    #expect(fixture.journal.messages == [sentence])
    #expect(await fixture.start(command(CommandLimits(cpuQuota: 10))).ended()?.ending == .succeeded)
    #expect(fixture.journal.messages.count == 2 && fixture.journal.messages.last?.contains("of CPU time,") == true)
    #expect(await fixture.start(command(CommandLimits(isStrict: true))).ended()?.ending == .succeeded)
  }

  @Test("with StrictLimits=yes such a job is refused, and names what would allow it")
  func strict() async throws {
    var strict = limits
    strict.isStrict = true
    let fixture = ProcessFixture()
    let (ending, _) = try #require(await fixture.start(command(strict)).ended())
    guard case .failed(.validationError, let sentence) = ending else { Issue.record("\(ending)"); return }
    #expect(
      sentence.hasPrefix("limits cannot be enforced: no control of memory and the number of tasks, because tactusd"))
    #expect(sentence.hasSuffix("StrictLimits=no would run it without"))
    #expect(fixture.journal.messages.isEmpty)
  }

  @Test(
    "a control group without the controllers says so by its path, and nothing is left of a refused job",
    .enabled(if: Self.bareGroup != nil, "needs a control group without the memory controller"))
  func bare() async throws {
    let parent = try #require(Self.bareGroup)
    let root = try parent.makeChild("tactus-test-\(ProcessFixture.newID())")
    defer { _ = root.remove() }
    let fixture = ProcessFixture(cgroupRoot: root.path)
    #expect(await fixture.start(command(CommandLimits(memoryMax: 1 << 30))).ended()?.ending == .succeeded)
    #expect(
      fixture.journal.messages.first?.contains("\(root.path)/cgroup.subtree_control has no memory: ") == true)
    let strict = CommandLimits(memoryMax: 1 << 30, isStrict: true)
    #expect(await fixture.start(command(strict)).ended()?.ending.code == .validationError)
    #expect(root.remove(), "the group of a refused job was left")
  }

  private static let bareGroup: ControlGroup? = ControlGroup.own().flatMap {
    access("\($0.path)/cgroup.procs", W_OK) == 0 && access("\($0.path)/memory.max", F_OK) != 0 ? $0 : nil
  }

  @Test("a kill for want of memory is told as such, with the limit that it had")
  func memory() throws {
    let watches = try ProcessWatches(on: DispatchWorkQueue(label: "test.watches", level: .leaf)) {}
    func sentence(kills: Int, memoryMax: Int64?) -> Ending {
      let run = ProcessRun(
        ProcessFixture.newID(), main: nil, tree: KilledTree(memoryKills: kills),
        output: ProcessOutput(stdout: nil, stderr: nil, limit: 0, watches: watches)
      ) { _ in }
      run.memoryMax = memoryMax
      run.ended(.signal(.kill, dumpedCore: false), at: SystemTime().now, SystemTime().monotonic)
      return run.ending
    }
    #expect(
      sentence(kills: 1, memoryMax: 64 << 20)
        == .failed(.signaled, "ended by SIGKILL, because it needed more memory than MemoryMax=64M allows"))
    #expect(
      sentence(kills: 2, memoryMax: (1 << 20) + 1)
        == .failed(.signaled, "ended by SIGKILL, because it needed more memory than MemoryMax=1048577 allows"))
    #expect(sentence(kills: 1, memoryMax: nil) == .failed(.signaled, "ended by SIGKILL, because memory ran out"))
    #expect(sentence(kills: 0, memoryMax: 64 << 20) == .failed(.signaled, "ended by SIGKILL"))
  }
}

/// Nothing is left of it, and some of it was killed because memory ran out.
private final class KilledTree: ProcessTree {
  let memoryKills: Int
  var obstacle: String? { nil }

  init(memoryKills: Int) { self.memoryKills = memoryKills }

  func terminate() {}
  func kill() {}
  func mainEnded() {}
  func mainReaped() {}
  func isGone() -> Bool { true }
  func heard(_ token: Poller.Token) {}
  func measure(into report: inout Report) {}
}
