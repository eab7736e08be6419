import Glibc
import TactusLinux
import TactusModel
import TactusPorts
import TactusTestSupport
import Testing

@testable import TactusRunners

@Suite("ProcessRunner: leftover processes")
struct KillModeTests {
  private func command(_ script: String, _ mode: KillMode) -> Command {
    Command(arguments: ["/bin/sh", "-c", script], killMode: mode)
  }

  @Test("Background children are ended with their job, and counted")
  func counted() async throws {
    let fixture = ProcessFixture()
    let attempt = fixture.start(command("sleep 600 & sleep 600 & echo $!; exit 3", .controlGroup))
    let (ending, report) = try #require(await attempt.ended())
    #expect(ending == .failed(.exitNonzero, "exited with code 3"))
    #expect(report.endedProcesses == 2)
    let child = try #require(Int(fixture.text(of: attempt.id).dropLast()))
    #expect(!lives(child) && fixture.living(attempt.id).filter(lives).isEmpty)
  }

  @Test("A job without leftovers has ended no processes, and costs no survey of all processes")
  func nothing() async throws {
    let fixture = ProcessFixture()
    let attempt = fixture.shell("sleep 0.01 & wait; (exit 0); echo done")
    #expect(try #require(await attempt.ended()).report.endedProcesses == 0)
    #expect(fixture.runner.call { $0.surveys } == 0)
  }

  @Test("With KillMode=process they stay, and a stop of another job does not reach them")
  func stay() async throws {
    let fixture = ProcessFixture()
    let attempt = fixture.start(command("sleep 600 & echo $!; exit 0", .process))
    let (ending, report) = try #require(await attempt.ended())
    #expect(ending == .succeeded && report.endedProcesses == 0)
    let child = try #require(Int(fixture.text(of: attempt.id).dropLast()))
    defer { _ = Glibc.kill(Int32(child), SIGKILL) }
    let other = fixture.shell("trap '' TERM; echo ready; while :; do sleep 600; done")
    await fixture.sink.wait(for: "ready", from: other.id)
    fixture.runner.terminate(other.id)
    fixture.runner.kill(other.id)
    #expect(await other.ended() != nil)
    #expect(lives(child))
  }

  @Test("A stop still ends the whole tree")
  func stop() async throws {
    let fixture = ProcessFixture()
    let attempt = fixture.start(command("trap '' TERM; sh -c 'trap \"\" TERM; echo ready; sleep 600' & wait", .process))
    await fixture.sink.wait(for: "ready", from: attempt.id)
    fixture.runner.terminate(attempt.id)
    fixture.runner.kill(attempt.id)
    #expect(await attempt.ended() != nil)
    #expect(fixture.living(attempt.id).filter(lives).isEmpty)
  }

  @Test("Hundreds of stops in one turn share their surveys of all processes")
  func shared() async throws {
    let fixture = ProcessFixture()
    let attempts = (0..<100).map { _ in fixture.shell("trap '' TERM; echo ready; while :; do sleep 600; done") }
    for attempt in attempts { await fixture.sink.wait(for: "ready", from: attempt.id) }
    let ids = attempts.map(\.id)
    fixture.runner.call { _ in
      for id in ids { fixture.runner.terminate(id) }
      for id in ids { fixture.runner.kill(id) }
    }
    for attempt in attempts { #expect(await attempt.ended() != nil) }
    // One survey per stop would be hundreds, plus one for each process that dies.
    let surveys = fixture.runner.call { $0.surveys }
    #expect(surveys < 100, "\(surveys) looks")
  }
}

@Suite(
  "ProcessRunner: leftover processes in a control group",
  .enabled(if: GroupFixture.parent != nil, "needs a cgroup v2 hierarchy where this user may create groups"))
struct LeftGroupTests {
  @Test("All processes in the group are ended with the job, and counted")
  func counted() async throws {
    let fixture = try GroupFixture()
    let attempt = fixture.process.shell(
      "sleep 600 & setsid env -i /bin/sh -c 'echo ready; exec sleep 600' & read line </dev/null; sleep 0.3; exit 0")
    #expect(try #require(await attempt.ended()).report.endedProcesses == 2)
    #expect(!fixture.group(of: attempt.id).exists)
  }

  @Test("With KillMode=process they stay in the group, which is removed after the last of them has ended")
  func stay() async throws {
    let fixture = try GroupFixture()
    let attempt = fixture.process.start(
      Command(arguments: ["/bin/sh", "-c", "sleep 600 & echo $!; exit 0"], killMode: .process))
    let (ending, report) = try #require(await attempt.ended())
    #expect(ending == .succeeded && report.endedProcesses == 0 && report.cpuTime != nil)
    let child = try #require(Int(fixture.process.text(of: attempt.id).dropLast()))
    let group = fixture.group(of: attempt.id)
    #expect(lives(child) && group.processes == [child])
    Glibc.kill(Int32(child), SIGKILL)
    _ = try await eventually("the group is removed") { group.exists ? nil : true }
  }

  @Test("Processes that an earlier daemon let stay continue, and their group is removed when it is empty")
  func swept() async throws {
    let fixture = try GroupFixture()
    let past = ProcessFixture(cgroupRoot: fixture.directory.path)
    let attempt = past.start(
      Command(arguments: ["/bin/sh", "-c", "sleep 600 & echo $!; exit 0"], killMode: .process))
    _ = try #require(await attempt.ended())
    let child = try #require(Int(past.text(of: attempt.id).dropLast()))
    let empty = try fixture.directory.makeChild("tactus-\(ProcessFixture.newID())")
    fixture.process.runner.recovered()
    _ = try await eventually("the empty group is removed") { empty.exists ? nil : true }
    #expect(lives(child) && fixture.group(of: attempt.id).exists)
    // Now only the second daemon can see it.
    withExtendedLifetime(past) {}
    Glibc.kill(Int32(child), SIGKILL)
    _ = try await eventually("the group is removed") { fixture.group(of: attempt.id).exists ? nil : true }
  }
}
