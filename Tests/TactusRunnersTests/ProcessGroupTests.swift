import Glibc
import TactusLinux
import TactusModel
import TactusPorts
import TactusRunners
import Testing

@Suite(
  "ProcessRunner: control groups",
  .enabled(if: GroupFixture.parent != nil, "needs a cgroup v2 hierarchy where this user may create groups"))
struct ProcessGroupTests {
  @Test("A job runs in a new group, which is measured and removed at its end")
  func measured() async throws {
    let fixture = try GroupFixture()
    let attempt = fixture.process.shell(
      "grep ^0:: /proc/self/cgroup; i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done")
    let (ending, report) = try #require(await attempt.ended())
    #expect(ending == .succeeded)
    #expect(fixture.process.text(of: attempt.id).hasSuffix("/tactus-\(attempt.id)\n"))
    #expect(try #require(report.cpuTime) > .zero)
    #expect(!fixture.group(of: attempt.id).exists)
  }

  @Test("Leftovers of a job are killed at its end, whatever their session and environment")
  func leftovers() async throws {
    let fixture = try GroupFixture()
    let attempt = fixture.process.shell(
      "setsid env -i /bin/sh -c 'echo $$; trap \"\" TERM; while :; do sleep 600; done' & sleep 0.3; exit 0")
    let (ending, _) = try #require(await attempt.ended())
    #expect(ending == .succeeded)
    let escapee = try #require(Int(fixture.process.text(of: attempt.id).dropLast()))
    // Compared by command line: on a busy machine the number may already belong to another process.
    #expect(ProcessTable.command(of: escapee)?.contains("trap") != true)
    #expect(!fixture.group(of: attempt.id).exists)
  }

  @Test("TERM reaches all processes in the group, and those that ignore it get a grace period, then KILL")
  func ladder() async throws {
    let fixture = try GroupFixture()
    let attempt = fixture.process.shell(
      """
      setsid env -i /bin/sh -c 'trap "echo spared" TERM; echo ready; while :; do sleep 0.05; done' &
      trap 'exit 6' TERM; while :; do sleep 0.05; done
      """)
    let leader = try #require(await attempt.started()?.processID)
    await fixture.process.sink.wait(for: "ready", from: attempt.id)
    fixture.process.runner.terminate(attempt.id)
    await fixture.process.sink.wait(for: "spared", from: attempt.id)
    try waitForEnd(of: leader)
    fixture.process.runner.kill(attempt.id)
    let (ending, _) = try #require(await attempt.ended())
    #expect(ending == .failed(.exitNonzero, "exited with code 6"))
    #expect(!fixture.group(of: attempt.id).exists)
  }

  @Test("A fork bomb is killed at once")
  func forkBomb() async throws {
    let fixture = try GroupFixture()
    let attempt = fixture.process.shell(
      "f() { while :; do setsid env -i /bin/sleep 600 & sleep 0.01; done; }; f & f & echo ready; wait")
    await fixture.process.sink.wait(for: "ready", from: attempt.id)
    usleep(200_000)
    fixture.process.runner.kill(attempt.id)
    #expect(await attempt.ended()?.report.signal == 9)
    #expect(!fixture.group(of: attempt.id).exists)
  }

  @Test("Groups that a job creates below its own are removed with it")
  func nested() async throws {
    let fixture = try GroupFixture()
    let path = fixture.directory.path
    let attempt = fixture.process.shell("mkdir -p \(path)/tactus-$TACTUS_JOB_ID/a/b; exit 0")
    #expect(await attempt.ended()?.ending == .succeeded)
    #expect(!fixture.group(of: attempt.id).exists)
  }

  @Test("Groups nested deeper than the longest path are found, ended and removed")
  func deep() async throws {
    let fixture = try GroupFixture()
    // Far beyond PATH_MAX, with a process at the very bottom, in a new session and with an empty environment.
    let descent = """
      import os, signal, sys, time
      # Not print, which fails in a handler while the other print has its buffer.
      signal.signal(signal.SIGTERM, lambda *_: (os.write(1, b"reached\\n"), os._exit(0)))
      os.chdir(sys.argv[1])
      for _ in range(300):
          os.mkdir("x" * 200)
          os.chdir("x" * 200)
      with open("cgroup.procs", "w") as members: members.write("0")
      print("ready", flush=True)
      time.sleep(600)
      """
    let attempt = fixture.process.start([
      "/bin/sh", "-c",
      "trap '' TERM; env -i setsid /usr/bin/python3 -c \"$0\" \"$1/tactus-$TACTUS_JOB_ID\" & while :; do sleep 600; done",
      descent,
      fixture.directory.path,
    ])
    await fixture.process.sink.wait(for: "ready", from: attempt.id)
    fixture.process.runner.terminate(attempt.id)
    await fixture.process.sink.wait(for: "reached", from: attempt.id)
    fixture.process.runner.kill(attempt.id)
    #expect(await attempt.ended()?.report.signal == 9)
    #expect(!fixture.group(of: attempt.id).exists)
  }

  @Test("A refused start leaves no group")
  func refused() async throws {
    let fixture = try GroupFixture()
    let attempt = fixture.process.start(["/no/such"])
    #expect(
      await attempt.ended()?.ending
        == .failed(.validationError, "cannot execute /no/such: No such file or directory"))
    #expect(!fixture.group(of: attempt.id).exists)
  }

  @Test("Processes of another daemon are found by their group, and ended with it")
  func recovered() async throws {
    let fixture = try GroupFixture()
    let past = ProcessFixture(cgroupRoot: fixture.directory.path)
    let attempt = past.shell("setsid env -i /bin/sh -c 'echo ready; exec sleep 600' & exec sleep 600")
    await past.sink.wait(for: "ready", from: attempt.id)
    let remnant = Remnant(
      id: attempt.id, kind: .command, queue: QueueName(builtIn: .command), fence: 1, status: .queued,
      bootID: try Machine.bootID(), facts: nil, stopReason: nil)
    let (events, continuation) = AsyncStream.makeStream(of: Ending.self)
    let runner = fixture.process.runner
    let isAlive = await withCheckedContinuation { answer in
      runner.recover(remnant) { event in
        if case .ended(let ending, _) = event { continuation.yield(ending) }
        continuation.finish()
      } answer: {
        answer.resume(returning: $0 == .orphan)
      }
    }
    #expect(isAlive)
    runner.kill(attempt.id)
    for await ending in events {
      guard case .failed(.lost, _) = ending else {
        Issue.record("not reported as lost")
        continue
      }
    }
    _ = await attempt.ended()
    #expect(!fixture.group(of: attempt.id).exists)
  }
}
