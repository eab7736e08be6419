import Glibc
import TactusModel
import TactusTestSupport
import Testing

@testable import TactusLinux

/// A directory replaces a control group, because a machine with version 1 controllers has no control group for the
/// test.
@Suite("Limits of control groups")
struct GroupLimitTests {
  private let directory = TemporaryFile()
  private var group: ControlGroup { ControlGroup(at: directory.directory) }

  private func make(_ files: String...) throws {
    for file in files {
      Descriptor.close(try Descriptor.open("\(directory.directory)/\(file)", O_WRONLY | O_CREAT, mode: 0o600))
    }
  }

  private func text(_ file: String) -> String? { SmallFile.text("\(directory.directory)/\(file)") }

  @Test("Each limit is written in the format of cgroups(7), memory with swap and as a whole")
  func written() throws {
    try make("memory.max", "memory.oom.group", "memory.swap.max", "cpu.max", "pids.max")
    let limits = CommandLimits(memoryMax: 64 << 20, cpuQuota: 150, tasksMax: 20)
    #expect(group.missingControllers(for: limits) == [])
    try group.limit(to: limits)
    #expect(text("memory.max") == "67108864" && text("memory.oom.group") == "1" && text("memory.swap.max") == "0")
    #expect(text("cpu.max") == "150000 100000" && text("pids.max") == "20")
  }

  @Test("Without a limit nothing is written")
  func untouched() throws {
    try make("memory.max", "memory.oom.group", "cpu.max", "pids.max")
    try group.limit(to: CommandLimits(cpuQuota: 1))
    #expect(text("memory.max") == "" && text("memory.oom.group") == "" && text("pids.max") == "")
    #expect(text("cpu.max") == "1000 100000")
    try group.limit(to: CommandLimits(memoryMax: 1 << 20))
    #expect(text("memory.max") == "1048576" && text("memory.oom.group") == "1")
  }

  @Test("Missing controllers are named, and the available ones still enforce their limits")
  func missing() throws {
    try make("pids.max")
    let limits = CommandLimits(memoryMax: 1 << 20, cpuQuota: 50, tasksMax: 7)
    #expect(group.missingControllers(for: limits) == ["memory", "cpu"])
    #expect(group.missingControllers(for: CommandLimits(tasksMax: 7)) == [])
    try group.limit(to: limits)
    #expect(text("pids.max") == "7")
  }

  @Test("OOM kills are counted")
  func kills() throws {
    #expect(group.memoryKills == 0)
    try make("memory.events")
    try SmallFile.write(
      "low 0\nhigh 0\nmax 31\noom 2\noom_kill 3\noom_group_kill 1\n", to: "\(group.path)/memory.events")
    #expect(group.memoryKills == 3)
  }

  @Test("A group is delegated to the user that owns it, if its parent is not")
  func delegation() async throws {
    guard geteuid() == 0 else { return }
    await #expect(processExitsWith: .success) {
      let home = TemporaryFile()
      let (own, below) = ("\(home.directory)/own", "\(home.directory)/own/below")
      chmod(home.directory, 0o755)
      for path in [own, below] {
        mkdir(path, 0o755)
        chown(path, 54_321, 54_321)
      }
      func areDelegated() -> [Bool] { [home.directory, own, below].map { ControlGroup(at: $0).isDelegated } }
      guard areDelegated() == [false, false, false] else { fatalError("root was delegated what is not marked") }
      guard seteuid(54_321) == 0 else { fatalError("cannot become another user") }
      let answers = areDelegated()
      seteuid(0)
      guard answers == [false, true, false] else { fatalError("\(answers)") }
    }
  }
}
