import Glibc
import TactusLinux
import TactusModel
import TactusPorts
import TactusRunners
import TactusTestSupport
import Testing

@Suite("ProcessRunner: stops, and jobs that resist")
struct ProcessStopTests {
  @Test("TERM ends a job that does not handle it, and its children")
  func terminate() async throws {
    let fixture = ProcessFixture()
    let attempt = fixture.shell("sleep 600 & echo ready; sleep 600")
    await fixture.sink.wait(for: "ready", from: attempt.id)
    fixture.runner.terminate(attempt.id)
    let (ending, report) = try #require(await attempt.ended())
    #expect(ending == .failed(.signaled, "ended by SIGTERM"))
    #expect(report.signal == 15)
    #expect(fixture.living(attempt.id).isEmpty)
  }

  @Test("A job may clean up after TERM, and its last output is kept")
  func tidyUp() async throws {
    let fixture = ProcessFixture()
    let attempt = fixture.shell("trap 'echo bye; exit 5' TERM; echo ready; while :; do sleep 0.05; done")
    await fixture.sink.wait(for: "ready", from: attempt.id)
    fixture.runner.terminate(attempt.id)
    let (ending, _) = try #require(await attempt.ended())
    #expect(ending == .failed(.exitNonzero, "exited with code 5"))
    #expect(fixture.text(of: attempt.id).hasSuffix("bye\n"))
  }

  @Test("After TERM a child may clean up even if the main process is already gone")
  func childTidiesUp() async throws {
    let fixture = ProcessFixture()
    let attempt = fixture.shell(
      """
      sh -c 'trap "sleep 0.3; echo tidied; exit 0" TERM; echo ready; while :; do sleep 0.05; done' &
      wait
      """)
    await fixture.sink.wait(for: "ready", from: attempt.id)
    fixture.runner.terminate(attempt.id)
    let (ending, _) = try #require(await attempt.ended())
    #expect(ending == .failed(.signaled, "ended by SIGTERM"))
    #expect(fixture.text(of: attempt.id).hasSuffix("tidied\n"))
    #expect(fixture.living(attempt.id).isEmpty)
  }

  @Test(
    "KILL ends the whole tree if processes ignore TERM",
    arguments: [
      // A child that also ignores it.
      "trap '' TERM; sh -c 'trap \"\" TERM; while :; do sleep 600; done' & echo ready; while :; do sleep 600; done",
      // A double fork into a new session.
      "trap '' TERM; (setsid sh -c 'trap \"\" TERM; echo ready; while :; do sleep 600; done' &) ; while :; do sleep 600; done",
      // A child without the job's id, in the session, and one that left the session but kept the id.
      "trap '' TERM; env -i /bin/sh -c 'trap \"\" TERM; while :; do sleep 600; done' & "
        + "setsid sh -c 'trap \"\" TERM; echo ready; while :; do sleep 600; done' & while :; do sleep 600; done",
      // Closed streams: the pipes do not show the end.
      "trap '' TERM; echo ready; exec >&- 2>&-; while :; do sleep 600; done",
      // A parent that never reaps.
      "trap '' TERM; sh -c 'exit 0' & echo ready; exec sleep 600",
    ])
  func kill(script: String) async throws {
    let fixture = ProcessFixture()
    let attempt = fixture.shell(script)
    let leader = try #require(await attempt.started()?.processID)
    await fixture.sink.wait(for: "ready", from: attempt.id)
    fixture.runner.terminate(attempt.id)
    usleep(100_000)  // a short grace period
    fixture.runner.kill(attempt.id)
    #expect(await attempt.ended() != nil)
    #expect(fixture.living(attempt.id).isEmpty)
    #expect(ProcessTable.processes(carrying: attempt.id, inSession: leader).filter(lives).isEmpty)
  }

  @Test("An escapee that outlives the main process after TERM keeps the attempt open until KILL")
  func escapee() async throws {
    let fixture = ProcessFixture()
    let attempt = fixture.shell(
      "setsid sh -c 'trap \"\" TERM; echo ready; echo $$ >&2; while :; do sleep 600; done' & sleep 600")
    let leader = try #require(await attempt.started()?.processID)
    await fixture.sink.wait(for: "ready", from: attempt.id)
    fixture.runner.terminate(attempt.id)
    try waitForEnd(of: leader)
    usleep(100_000)
    let unknown = await withCheckedContinuation { continuation in
      fixture.runner.unknown(among: [attempt.id]) { continuation.resume(returning: $0) }
    }
    #expect(unknown.isEmpty)
    #expect(!fixture.living(attempt.id).isEmpty)
    fixture.runner.kill(attempt.id)
    let (ending, _) = try #require(await attempt.ended())
    #expect(ending == .failed(.signaled, "ended by SIGTERM"))
    #expect(fixture.living(attempt.id).isEmpty)
  }

  @Test("A job that forks faster than a survey is still killed")
  func forking() async throws {
    let fixture = ProcessFixture()
    let attempt = fixture.shell(
      "f() { while :; do setsid sleep 600 & sleep 0.01; done; }; f & f & echo ready; wait")
    await fixture.sink.wait(for: "ready", from: attempt.id)
    usleep(200_000)
    fixture.runner.kill(attempt.id)
    #expect(await attempt.ended() != nil)
    #expect(fixture.living(attempt.id).isEmpty)
  }

  @Test("A grandchild that holds the pipe does not delay the end, and its group is killed with it")
  func pipeHolder() async throws {
    let fixture = ProcessFixture()
    let attempt = fixture.shell("sleep 600 & echo last words; exit 0")
    let leader = try #require(await attempt.started()?.processID)
    let (ending, report) = try #require(await attempt.ended())
    #expect(ending == .succeeded && report.logBytes == 11)
    #expect(fixture.text(of: attempt.id) == "last words\n")
    // It was killed, but may not be gone yet: the kernel may need a moment.
    _ = try await eventually("the rest has gone") {
      ProcessTable.processes(carrying: attempt.id, inSession: leader).contains(where: lives) ? nil : true
    }
    #expect(fixture.living(attempt.id).isEmpty)
  }

  @Test("A grandchild in a new session that floods the pipe does not delay the end")
  func flooder() async throws {
    let fixture = ProcessFixture()
    let attempt = fixture.shell("setsid sh -c 'echo ready; exec yes' & sleep 0.3; exit 0")
    let (ending, _) = try #require(await attempt.ended())
    #expect(ending == .succeeded)
    for process in fixture.living(attempt.id) { Glibc.kill(Int32(process), SIGKILL) }
  }

  @Test("A stop after the end of the main process keeps the job's own result")
  func lateStop() async throws {
    let fixture = ProcessFixture(.held)
    let attempt = fixture.shell("echo done; exit 7")
    let leader = try #require(await attempt.started()?.processID)
    await fixture.sink.wait(for: "done", from: attempt.id)
    try waitForEnd(of: leader)
    fixture.runner.terminate(attempt.id)
    fixture.runner.kill(attempt.id)
    fixture.sink.release()
    #expect(await attempt.ended()?.ending == .failed(.exitNonzero, "exited with code 7"))
  }
}
