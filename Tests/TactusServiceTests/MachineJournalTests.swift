import Foundation
import TactusTestSupport
import Testing

extension OnMachine {
  @Suite("The journal of a machine")
  struct MachineJournalTests {
    @Test("journalctl finds a job by its workflow and by its id, and explains a failure and the way out")
    func found() async throws {
      let machine = try await ServiceLab.installed(workflows: [
        "nightly-backup": "[Command]\nExec=/bin/sh -c 'echo copied; echo slow disk >&2'\n",
        "broken": "[Workflow]\nMaxConsecutiveFailures=1\n[Command]\nExec=/bin/sh -c 'exit 3'\n",
      ])
      try await machine.control("run", "nightly-backup", "--wait").expectSuccess()
      #expect(try await machine.control("run", "broken", "--wait").code == 1)
      let job = try #require(try await machine.jobs("--workflow=nightly-backup").first)

      // By name: standard error has the priority notice, standard output has not. The copy may arrive after the end.
      let lines = try await eventually("both lines are in the journal") {
        let lines = try await machine.journal("--identifier=nightly-backup")
        return lines.count == 2 ? lines : nil
      }
      #expect(Set(lines.map(\.message)) == ["copied", "slow disk"])
      #expect(lines.allSatisfy { $0["TACTUS_JOB_ID"] == job.id })
      let notices = try await machine.journal("--identifier=nightly-backup", "--priority=notice")
      #expect(notices.map(\.message) == ["slow disk"])
      // By id: its output and its end.
      let all = try await machine.journal("TACTUS_JOB_ID=\(job.id)")
      #expect(all.contains { $0.message == "copied" })
      let end = try #require(all.first { $0["TACTUS_MESSAGE"] == "job_completed" })
      #expect(end["TACTUS_WORKFLOW"] == "nightly-backup" && end["TACTUS_STATUS"] == "COMPLETED")
      #expect(end["TACTUS_KIND"] == "command" && end["TACTUS_TRIGGER"] == "MANUAL" && end["TACTUS_ATTEMPT"] == "1")
      // Only these two entries have the priority warning.
      let warnings = try await eventually("both warnings are in the journal") {
        let warnings = try await machine.journal("--unit=tactusd", "--priority=warning")
        return warnings.count == 2 ? warnings : nil
      }
      #expect(Set(warnings.compactMap { $0["TACTUS_MESSAGE"] }) == ["job_failed", "workflow_exhausted"])

      let explained = try await machine.shell("journalctl --no-pager --catalog TACTUS_MESSAGE=workflow_exhausted")
      #expect(
        explained.contains("Subject: Workflow broken was terminated") && explained.contains("tactusctl resume broken"),
        "\(explained)")
      #expect(explained.contains("man:tactus"), "\(explained)")
      let read = try await machine.control("journal", "nightly-backup")
      #expect(read.code == 0 && read.output.contains("copied"), "\(read)")
    }

    @Test(
      "If journald stops for ten seconds at 1,000 lines a second, no job is delayed and the dropped lines are counted"
    )
    func away() async throws {
      let machine = try await ServiceLab.installed(workflows: [
        "flood": """
        [Command]
        Exec=/bin/sh -c 'for s in 1 2 3 4 5 6 7 8 9 10 11 12; do seq $((s * 1000)) $((s * 1000 + 999)); sleep 1; done'

        """, "other": "[Command]\nExec=/bin/true\n",
      ])
      try await machine.control("run", "flood").expectSuccess()
      let job = try #require(try await machine.jobs("--workflow=flood").first)
      try await machine.stopJournal()
      for _ in 0..<10 {
        let begin = ContinuousClock.now
        try await machine.control("run", "other", "--wait").expectSuccess()
        // A job that waited for journald would not end before journald is started again.
        #expect(ContinuousClock.now - begin < .seconds(60))
        try await Task.sleep(for: .milliseconds(900))
      }
      try await machine.startJournal()
      try await machine.control("wait", job.id).expectSuccess()
      let output = try await machine.control("logs", job.id).expectSuccess().split(separator: "\n")
      #expect(
        output.count == 12_000 && output.first?.hasSuffix("1000") == true && output.last?.hasSuffix("12999") == true)

      func counted() async throws -> Int {
        try await machine.journal("TACTUS_MESSAGE=output_dropped")
          .compactMap { $0["TACTUS_COUNT"].flatMap { Int($0) } }.reduce(0, +)
      }
      let (written, dropped) = try await eventually("every line is in the journal or counted") { () -> (Int, Int)? in
        let (written, dropped) = (try await machine.journal("--identifier=flood").count, try await counted())
        return written + dropped == 12_000 ? (written, dropped) : nil
      }
      print("journald stopped for 10 s, 12,000 lines: \(written) in the journal, \(dropped) counted")
      #expect(dropped > 0)
    }

    // Half of the lines are printed at once, faster than journald reads. The others exceed its limit for a service.
    @Test("logs has all of 200,000 lines in ten seconds, and the journal has them or the daemon counts missing ones")
    func flood() async throws {
      let machine = try await ServiceLab.installed(workflows: [
        "flood": """
        [Command]
        Exec=/bin/sh -c 'seq 100000; for s in 10 11 12 13 14 15 16 17 18 19; do sleep 0.7; seq $((s * 10000 + 1)) $((s * 10000 + 10000)); done'

        """
      ])
      let begin = ContinuousClock.now
      try await machine.control("run", "flood", "--wait").expectSuccess()
      let span = ContinuousClock.now - begin
      let job = try #require(try await machine.jobs("--workflow=flood").first)
      try await machine.shell("seq 200000 >/tmp/expected; tactusctl logs \(job.id) | cmp - /tmp/expected")

      let (written, dropped) = try await eventually("every line is in the journal or counted") { () -> (Int, Int)? in
        // Counted on the machine: as JSON it would be a quarter of a gigabyte.
        let lines = try await machine.shell("journalctl --sync; journalctl --identifier=flood --output=cat | wc -l")
        let dropped = try await machine.journal("TACTUS_MESSAGE=output_dropped")
          .compactMap { $0["TACTUS_COUNT"].flatMap { Int($0) } }.reduce(0, +)
        return Int(lines).flatMap { $0 + dropped == 200_000 ? ($0, dropped) : nil }
      }
      print("200,000 lines in \(span): \(written) in the journal, \(dropped) counted")
      #expect(try await machine.shell("tactusctl doctor || true").contains("RateLimitBurst=") == false)
    }
  }
}
