import Foundation
import TactusFuzzing
import TactusModel
import TactusProtocol
import TactusTransport
import Testing

@testable import TactusCommands

@Suite("Waiting for jobs")
struct WaitingTests {
  /// A daemon whose jobs end at once like one of the canned jobs.
  private func daemon(endingAs job: WireJob) throws -> CannedDaemon {
    try CannedDaemon { operation, reply throws(CallFailure) in
      switch operation {
      case .waitForJobs(let request): reply.answer(request, with: WaitForJobs.Reply(job: job))
      case .runWorkflow(let request): reply.answer(request, with: RunWorkflow.Reply(jobID: job.id))
      default: try Canned.answer(operation, reply)
      }
    }
  }

  @Test("run --wait prints the id, and its exit status shows the result of the job")
  func runAndWait() async throws {
    let good = try daemon(endingAs: Canned.jobs[2])
    let ran = good.run("run", "nightly", "--wait", columns: nil)
    #expect(ran.output == "\(Canned.ids[2])\n" && ran.complaints == "" && ran.code == 0)
    #expect(good.run("run", "nightly", "--wait").output == "\(Canned.ids[2])\nnightly COMPLETED after 1.993 s\n")
    #expect(good.run("run", "nightly", "--wait", "-q").output == "")
    let lines = good.run("run", "nightly", "--wait", "--json=short").lines
    #expect(
      lines[0] == "{\"job_id\":\"\(Canned.ids[2])\"}" && lines[1].hasPrefix("{\"job\":{\"id\":") && lines.count == 3)
    await good.stop()
    let bad = try daemon(endingAs: Canned.jobs[3])
    let failed = bad.run("run", "nightly", "--wait", "--timeout=1h")
    #expect(failed.output == "\(Canned.ids[3])\n" && failed.code == 1)
    #expect(
      failed.complaints
        == "tactusctl: \(Canned.ids[3]): nightly FAILED after 1.993 s, EXIT_NONZERO: the program ended with code 7. "
        + "Run tactusctl logs \(Canned.ids[3]) to see its output.\n")
    await bad.stop()
  }

  @Test("run --follow prints only the unchanged output of the job to standard output")
  func follow() async throws {
    let daemon = try daemon(endingAs: Canned.jobs[3])
    let ran = daemon.run("run", "nightly", "--follow", columns: nil)
    #expect(ran.output == "plain é\n\u{1B}[31m\u{FFFD}\nno newline" && ran.code == 1)
    #expect(
      ran.complaints == """
        tactusctl: job \(Canned.ids[3])
        tactusctl: 1.5K of output were not stored: beyond LogLimit=, or storing failed. \
        Run tactusctl journal \(Canned.ids[3]) to see why.
        tactusctl: \(Canned.ids[3]): nightly FAILED after 1.993 s, EXIT_NONZERO: the program ended with code 7

        """)
    #expect(daemon.operations[1] == .readLogs(ReadLogs(id: Canned.ids[3], follow: true)))
    #expect(daemon.operations[2] == .waitForJobs(WaitForJobs(ids: [Canned.ids[3]])))
    await daemon.stop()
  }

  @Test("run sends its options, and refuses contradictory ones")
  func run() async throws {
    let daemon = try CannedDaemon()
    #expect(daemon.run("run", "nightly", "--hold", "--idempotency-key=k 1").code == 0)
    #expect(daemon.operations == [.runWorkflow(RunWorkflow(name: "nightly", hold: true, idempotencyKey: "k 1"))])
    for (words, sentence) in [
      (["--hold", "--in=1h"], "--hold contradicts --at and --in: a held job has no start time. Use one of them."),
      (
        ["--wait", "--timeout=0"],
        "--timeout=0 is too short. Use a span longer than 0, or omit it to wait without a limit."
      ),
      (["--timeout=1h"], "--timeout limits a wait. Use it with --wait or --follow."),
      (
        ["--wait", "--timeout=soon"],
        "--timeout=soon is not a span of time. Write for example 5min, \"1h 30min\", or 90 (seconds)."
      ),
    ] {
      let ran = CannedDaemon.run(["run", "a"] + words, environment: ["TACTUS_SOCKET": daemon.path])
      #expect(ran.code == 2 && ran.complaints == "tactusctl: \(sentence)\n")
    }
    #expect(daemon.operations.count == 1)
    await daemon.stop()
  }

  @Test("wait prints each job when it ends, and fails if a job did not complete")
  func wait() async throws {
    let daemon = try CannedDaemon()
    let good = daemon.run("wait", "0badf00d", "0badf00d")
    #expect(good.output == String(repeating: "\(Canned.ids[2]): nightly COMPLETED after 1.993 s\n", count: 2))
    #expect(good.code == 0 && good.complaints == "")
    let bad = daemon.run("wait", "0badf00d", "1cebabe5")
    #expect(
      bad.output == """
        \(Canned.ids[2]): nightly COMPLETED after 1.993 s
        \(Canned.ids[3]): nightly FAILED after 1.993 s, EXIT_NONZERO: the program ended with code 7

        """)
    #expect(bad.code == 1 && bad.complaints == "")
    #expect(daemon.run("wait", "1cebabe5", "-q").output == "")
    #expect(daemon.run("wait", "0badf00d", "--json=short").output.hasPrefix("{\"job\":{\"id\":\"\(Canned.ids[2])\""))
    await daemon.stop()
  }

  @Test("wait and run --wait fail at the time-out, and name the command to continue")
  func timeout() async throws {
    let daemon = try CannedDaemon()
    let one = daemon.run("wait", "1cebabe5", "deadbeef", "--timeout=50ms")
    #expect(one.code == 1 && one.output.contains("FAILED"))
    #expect(
      one.complaints
        == "tactusctl: deadbeef has not ended within 50 ms, and continues. "
        + "Run tactusctl wait deadbeef to wait again.\n")
    let two = daemon.run("wait", "89abcdef", "deadbeef", "--timeout=50ms")
    #expect(
      two.complaints == "tactusctl: 2 jobs have not ended within 50 ms, and continue. "
        + "Run tactusctl wait 89abcdef deadbeef to wait again.\n")
    let run = daemon.run("run", "nightly", "--wait", "--timeout=50ms")
    #expect(run.code == 1 && run.output == "\(Canned.ids[0])\n")
    await daemon.stop()
    let silent = try CannedDaemon { _, reply throws(CallFailure) in reply.whenGone { reply.fail(.tooSlow) } }
    let unheard = silent.run("run", "nightly", "--wait", "--timeout=50ms")
    #expect(unheard.code == 1 && unheard.output == "")
    #expect(
      unheard.complaints
        == "tactusctl: no answer from the daemon. Run tactusctl list-jobs to see whether the job was created.\n")
    await silent.stop()
  }

  @Test("Control-C ends the wait by SIGINT without canceling the job, and tactusctl names the command to continue")
  func interrupt() async throws {
    let daemon = try CannedDaemon()
    let id = Canned.ids[0]
    let shown = try ChildProgram.onTerminal(
      ["tactusctl", "run", "nightly", "--wait"], environment: ["TACTUS_SOCKET": daemon.path],
      [
        .expect(id), .type("\u{03}"),
        .expect("Run tactusctl wait \(id) to wait again, or\r\n  tactusctl cancel \(id).\r\n"),
      ])
    #expect(shown.missing == nil && shown.code == -2, "\(shown)")
    #expect(!daemon.operations.contains { if case .cancelJobs = $0 { true } else { false } })
    await daemon.stop()
  }

  @Test("wait ignores Control-C if its shell ignores it")
  func ignoredInterrupt() async throws {
    let daemon = try CannedDaemon()
    // A shell that ignores SIGINT passes this on to its children.
    let ran = try ChildProgram.run(
      ["sh", "-c", "trap '' INT; tactusctl wait deadbeef --timeout=200ms & kill -INT $!; wait $!"],
      environment: ["TACTUS_SOCKET": daemon.path])
    #expect(ran.code == 1 && ran.complaints.contains("has not ended within 200 ms"), "\(ran)")
    await daemon.stop()
  }

  @Test("wait connects again to a restarted daemon, for the jobs that have not ended")
  func restart() throws {
    let reply = { (index: Int, continues: Bool) in
      Reply.message(WaitForJobs.Reply(job: Canned.jobs[index]), continues: continues)
    }
    let daemon = try ScriptedDaemon([reply(3, true), reply(2, false)])
    let ran = CannedDaemon.run(["wait", "1cebabe5", "0badf00d"], environment: ["TACTUS_SOCKET": daemon.path])
    #expect(ran.complaints == "tactusctl: the daemon went away. Trying again.\n")
    #expect(ran.lines.map { $0.prefix(36) }.prefix(2) == [Canned.ids[3].prefix(36), Canned.ids[2].prefix(36)])
    #expect(ran.code == 1)
    #expect(daemon.calls.count == 2 && daemon.calls[1].contains("[\"0badf00d\"]"), "\(daemon.calls)")
  }
}
