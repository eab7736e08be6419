import Glibc
import TactusLinux
import TactusModel
import TactusPorts
import Testing

@testable import TactusRunners

@Suite("ProcessRunner: limits without controllers")
struct ProcessLimitTests {
  private let limits = CommandLimits(memoryMax: 64 << 20, tasksMax: 5)

  private func command(_ limits: CommandLimits) -> Command { Command(arguments: ["/bin/true"], limits: limits) }

  @Test(
    "Without a control group a limited job runs, and one log line per workflow says that limits are not enforced"
  )
  func warning() async throws {
    let fixture = ProcessFixture()
    for limits in [limits, limits, CommandLimits(memoryMax: 1 << 30, tasksMax: 9)] {
      #expect(await fixture.start(command(limits)).ended()?.ending == .succeeded)
    }
    let sentence =
      "limits of workflow nightly are not enforced: memory and the number of tasks cannot be limited, because tactusd has "
      + "no control group. Set Delegate=yes in tactusd.service, or CgroupRoot= in tactusd.conf. "
      + "Set StrictLimits=yes to refuse its jobs"
    #expect(fixture.journal.messages == [sentence])
    #expect(await fixture.start(command(CommandLimits(cpuQuota: 10))).ended()?.ending == .succeeded)
    let last = try #require(fixture.journal.messages.last)
    #expect(fixture.journal.messages.count == 2 && last.contains(": CPU time cannot be limited,"))
    #expect(await fixture.start(command(CommandLimits(isStrict: true))).ended()?.ending == .succeeded)
  }

  @Test("With StrictLimits=yes such a job is refused, and the message names a way to allow it")
  func strict() async throws {
    var strict = limits
    strict.isStrict = true
    let fixture = ProcessFixture()
    let (ending, _) = try #require(await fixture.start(command(strict)).ended())
    guard case .failed(.validationError, let sentence) = ending else { Issue.record("\(ending)"); return }
    #expect(
      sentence.hasPrefix(
        "limits cannot be enforced: memory and the number of tasks cannot be limited, because tactusd"))
    #expect(sentence.hasSuffix("Set StrictLimits=no to run it without limits"))
    #expect(fixture.journal.messages.isEmpty)
  }

  @Test(
    "A control group without the controllers is reported by its path, and a refused job leaves nothing",
    .enabled(if: Self.bareGroup != nil, "needs a control group without the memory controller"))
  func bare() async throws {
    let parent = try #require(Self.bareGroup)
    let root = try parent.makeChild("tactus-test-\(ProcessFixture.newID())")
    defer { _ = root.remove() }
    let fixture = ProcessFixture(cgroupRoot: root.path)
    #expect(await fixture.start(command(CommandLimits(memoryMax: 1 << 30))).ended()?.ending == .succeeded)
    #expect(
      fixture.journal.messages.first?.contains("\(root.path)/cgroup.subtree_control has no memory. ") == true)
    let strict = CommandLimits(memoryMax: 1 << 30, isStrict: true)
    #expect(await fixture.start(command(strict)).ended()?.ending.code == .validationError)
    #expect(root.remove(), "the group of a refused job was left")
  }

  private static let bareGroup: ControlGroup? = ControlGroup.own().flatMap {
    access("\($0.path)/cgroup.procs", W_OK) == 0 && access("\($0.path)/memory.max", F_OK) != 0 ? $0 : nil
  }

  @Test("An OOM kill is reported with the memory limit")
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

/// A tree that is gone, of which some processes were killed because memory ran out.
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
