import Glibc
import TactusLinux
import TactusModel
import TactusPorts
import TactusTestSupport
import Testing

@testable import TactusRunners

@Suite("ProcessRunner: children that escape")
struct ProcessEscapeTests {
  @Test(
    "KILL ends a child with a new session and an empty environment, wherever its parent is",
    arguments: [
      // A child of the main process.
      "setsid env -i /bin/sh -c 'trap \"\" TERM; echo $$; exec >/dev/null 2>&1; while :; do /bin/sleep 600; done' &",
      // A process whose first thread has ended, which /proc shows as a zombie without an environment.
      "setsid env -i /usr/bin/python3 -c 'import ctypes,os,threading,time; print(os.getpid(), flush=True); os.dup2(os.open(\"/dev/null\", 1), 1); threading.Thread(target=time.sleep, args=(600,)).start(); ctypes.CDLL(None).pthread_exit(None)' &",
      // A grandchild in a third session.
      "setsid env -i /bin/sh -c 'setsid sh -c \"trap : TERM; echo \\$\\$; exec >/dev/null 2>&1; while :; do sleep 600; done\" & wait' &",
    ])
  func descendants(escape: String) async throws {
    let fixture = ProcessFixture()
    let attempt = fixture.shell("trap '' TERM; \(escape) while :; do sleep 600; done")
    let escapee = try await eventually("the child has left") { Int(fixture.text(of: attempt.id).dropLast()) }
    defer { _ = Glibc.kill(Int32(escapee), SIGKILL) }
    fixture.runner.terminate(attempt.id)
    fixture.runner.kill(attempt.id)
    #expect(await attempt.ended() != nil)
    #expect(!lives(escapee))
  }

  @Test("TERM reaches such a child before its parent is gone, and KILL ends it afterwards")
  func afterTerm() async throws {
    let fixture = ProcessFixture()
    let attempt = fixture.shell(
      "setsid env -i /bin/sh -c 'trap \"echo spared\" TERM; echo $$; while :; do /bin/sleep 0.05; done' & wait")
    let leader = try #require(await attempt.started()?.processID)
    let escapee = try await eventually("the child has left") { Int(fixture.text(of: attempt.id).dropLast()) }
    defer { _ = Glibc.kill(Int32(escapee), SIGKILL) }
    fixture.runner.terminate(attempt.id)
    await fixture.sink.wait(for: "spared", from: attempt.id)
    try waitForEnd(of: leader)
    fixture.runner.kill(attempt.id)
    #expect(await attempt.ended() != nil)
    #expect(!lives(escapee))
  }

  @Test("A subreaper ends a stray whose parents ended before the stop, because it has the job's output open")
  func stray() async throws {
    await #expect(processExitsWith: .success) {
      let fixture = ProcessFixture()
      try Children.adoptOrphans()
      let other = fixture.shell("echo ready; sleep 600")
      await fixture.sink.wait(for: "ready", from: other.id)
      let attempt = fixture.shell(
        "setsid env -i /bin/sh -c '/bin/sh -c \"trap : TERM; echo \\$\\$; while :; do /bin/sleep 600; done\" & exit 0'; sleep 600"
      )
      let stray = try await eventually("its parent has ended") {
        let process = Int(fixture.text(of: attempt.id).dropLast())
        return process.flatMap { ProcessTable.entry(of: $0)?.parent == Int(getpid()) ? $0 : nil }
      }
      fixture.runner.terminate(attempt.id)
      fixture.runner.kill(attempt.id)
      guard await attempt.ended() != nil, !lives(stray) else { fatalError("the stray lives") }
      guard !fixture.living(other.id).isEmpty else { fatalError("another job was ended") }
      fixture.runner.kill(other.id)
      guard await other.ended() != nil else { fatalError("the other job was not ended") }
    }
  }

  @Test(
    "A process that cannot be killed is named, with its state and its place in the kernel",
    .enabled(if: SilentFileSystem.isPossible, "needs root and /dev/fuse"))
  func uninterruptible() async throws {
    let silent = try await SilentFileSystem()
    let fixture = ProcessFixture()
    let attempt = fixture.shell("echo ready; exec cat \(silent.path)/file")
    let process = try #require(await attempt.started()?.processID)
    await fixture.sink.wait(for: "ready", from: attempt.id)
    _ = try await eventually("it waits for the file system") {
      ProcessTable.waitPlace(of: process)?.contains("request_wait") == true ? true : nil
    }
    // There is no TERM before it: the first fatal signal decides how a process ends, even before the process reacts to
    // it.
    fixture.runner.kill(attempt.id)
    let obstacle = try await eventually("it is named") {
      await withCheckedContinuation { continuation in
        fixture.runner.obstacles(of: [attempt.id]) { continuation.resume(returning: $0[attempt.id]) }
      }
    }
    #expect(obstacle == "cannot be killed: process \(process) is in uninterruptible sleep (D) in request_wait_answer")
    silent.answer()
    #expect(await attempt.ended()?.report.signal == 9)
  }
}
