import Foundation
import TactusTestSupport
import Testing

extension OnMachine {
  @Suite("Commands as transient units")
  struct UnitJobTests {
    /// The commands by which an operator allows the user tactus to start units.
    static let permit =
      "mkdir -p /etc/polkit-1/rules.d; "
      + "ln -s /usr/share/tactus/polkit/tactus.rules /etc/polkit-1/rules.d/50-tactus.rules"

    private static func machine(_ workflows: [String: String]) async throws -> ServiceLab {
      let machine = try await ServiceLab.installed(workflows: workflows)
      try await machine.shell(permit)
      return machine
    }

    /// A workflow that prints 3,000 numbered lines over a few seconds, in bursts that do not fill a pipe.
    private static let lines =
      "[Workflow]\nOverlap=allow\n[Command]\nRunner=systemd\nUser=daemon\nMemoryMax=64M\n"
      + #"Exec=/bin/bash -c "for ((i = 0; i < 3000; i++)); do echo line $i; ((i % 100)) || sleep 0.1; done""# + "\n"

    private static let allLines = (0..<3000).map { "line \($0)\n" }.joined()

    private func start(_ workflow: String, on machine: ServiceLab) async throws -> String {
      try await machine.shell("tactusctl run \(workflow)")
    }

    /// Waits for the end of a job, across restarts of the daemon.
    private func end(of id: String, on machine: ServiceLab) async throws -> ServiceLab.Job {
      try await eventually("job \(id) has ended") {
        let ran = try await machine.control("list-jobs", "--json=short", "--limit=1000")
        // The daemon may be starting or stopping.
        guard ran.code == 0 else { return nil }
        return try await machine.jobs().first { $0.id == id && !["PENDING", "QUEUED", "RUNNING"].contains($0.status) }
      }
    }

    private func expectNothingLeft(on machine: ServiceLab) async throws {
      _ = try await eventually("no unit and no pipe is left") {
        try await machine.shell(
          "systemctl list-units --all --no-legend 'tactus-*.service'; ls /var/lib/tactus/pipes"
        ).isEmpty ? true : nil
      }
    }

    static let interruptions = [
      "systemctl restart tactusd",
      // The audit must accept jobs that run while the daemon is down.
      "systemctl stop --quiet tactusd tactusd.socket; tactusd --verify && sleep 1 && systemctl start tactusd.socket tactusd",
      "systemctl kill --kill-who=main --signal=KILL tactusd; sleep 1.5; systemctl kill --kill-who=main --signal=KILL tactusd",
    ]

    @Test(
      "A unit with its own user and limits outlives the daemon, and no line is lost or repeated",
      arguments: interruptions)
    func outlives(interruption: String) async throws {
      let machine = try await Self.machine(["lines": Self.lines])
      let id = try await start("lines", on: machine)
      let unit = "tactus-\(id).service"
      _ = try await eventually("the unit runs") {
        try await machine.property("SubState", of: unit) == "running" ? true : nil
      }
      #expect(try await machine.property("User", of: unit) == "daemon")
      #expect(try await machine.property("MemoryMax", of: unit) == "\(64 << 20)")
      try await machine.shell(interruption)
      let job = try await end(of: id, on: machine)
      #expect(job.status == "COMPLETED" && job.exitCode == 0, "\(job)")
      #expect(try await machine.control("logs", id).expectSuccess() == Self.allLines)
      #expect(try await machine.control("show-job", id).expectSuccess().contains("Runner: systemd"))
      try await expectNothingLeft(on: machine)
      try await machine.verify()
    }

    @Test("A unit that ends while the daemon is down keeps its exit code, its instants and its last output")
    func endsMeanwhile() async throws {
      let machine = try await Self.machine([
        "late": "[Command]\nRunner=systemd\nExec=/bin/sh -c \"echo begin; sleep 2; printf end; exit 9\"\n"
      ])
      let id = try await start("late", on: machine)
      try await Task.sleep(for: .milliseconds(800))
      try await machine.shell("systemctl stop --quiet tactusd tactusd.socket; sleep 3; systemctl start tactusd")
      let job = try await end(of: id, on: machine)
      #expect(job.errorCode == "EXIT_NONZERO" && job.exitCode == 9, "\(job)")
      #expect(try await machine.control("logs", id).expectSuccess().hasPrefix("begin\nend"))
      let shown = try await machine.control("list-jobs", "--json=short").expectSuccess()
      let duration = try #require(shown.firstMatch(of: /"duration_ms":(\d+)/).flatMap { Int($0.output.1) })
      #expect((1900...2900).contains(duration), "\(duration) ms")
      try await expectNothingLeft(on: machine)
    }

    @Test("A restart of the unit by hand ends the job, and does not run it a second time")
    func restartByHand() async throws {
      let machine = try await Self.machine([
        "once":
          "[Command]\nRunner=systemd\nUser=tactus-job\nExec=/bin/sh -c 'echo $TACTUS_JOB_ID >>\"$HOME/ran\"; sleep 600'\n"
      ])
      for preparation in ["true", "systemctl daemon-reload", "systemctl restart tactusd"] {
        let id = try await start("once", on: machine)
        _ = try await eventually("the job has written") {
          try await machine.run(["grep", "--quiet", id, "/var/lib/tactus-job/ran"]).code == 0 ? true : nil
        }
        _ = try await eventually("the job is RUNNING") { try await machine.jobs("--status=RUNNING").first }
        try await machine.shell(preparation)
        let restart = try await machine.run(["systemctl", "restart", "tactus-\(id).service"])
        #expect(restart.code != 0 && restart.errors.contains("Assertion failed"), "\(preparation): \(restart)")
        let job = try await end(of: id, on: machine)
        #expect(job.errorCode == "SIGNALED", "\(preparation): \(job)")
      }
      let ran = try await machine.shell("cat /var/lib/tactus-job/ran").split(separator: "\n")
      #expect(ran.count == 3 && Set(ran).count == 3, "\(ran)")
      try await expectNothingLeft(on: machine)
      try await machine.verify()
    }

    // Cancels during a daemon-reload once left jobs CANCELED whose units continued.
    @Test("A cancel during a daemon-reload waits for the answer to the start, and ends the unit")
    func loadedAnew() async throws {
      let machine = try await Self.machine([
        "first": "[Command]\nRunner=systemd\nExec=/bin/true\n",
        "long": "[Command]\nRunner=systemd\nExec=/bin/sleep 600\n",
      ])
      try await machine.control("run", "first", "--wait").expectSuccess()
      let id = try await machine.shell(
        """
        polkit=$(systemctl show --value --property=MainPID polkit)
        kill -STOP $polkit; id=$(tactusctl run long); sleep 0.5
        systemctl daemon-reload; sleep 0.2; kill -CONT $polkit
        sleep 0.25; tactusctl cancel $id >/dev/null; echo $id
        """)
      let job = try await end(of: id, on: machine)
      #expect(job.status == "CANCELED", "\(job)")
      try await expectNothingLeft(on: machine)
      try await machine.verify()
    }

    @Test("A unit that cannot be removed while polkit is masked is removed when polkit is back")
    func polkitIsMasked() async throws {
      let machine = try await Self.machine([
        "short": "[Command]\nRunner=systemd\nExec=/bin/sh -c 'until test -e /srv/go; do sleep 0.1; done'\n"
      ])
      let id = try await start("short", on: machine)
      _ = try await eventually("the job runs") { try await machine.jobs("--status=RUNNING").first }
      try await machine.shell("systemctl mask --quiet --runtime --now polkit; touch /srv/go")
      #expect(try await end(of: id, on: machine).status == "COMPLETED")
      #expect(try await machine.property("SubState", of: "tactus-\(id).service") == "exited")
      try await machine.shell("systemctl unmask --quiet --runtime polkit; systemctl start polkit; tactusctl reload")
      try await expectNothingLeft(on: machine)
    }

    @Test("A time-out still applies after a restart, and ends a job that ignores TERM")
    func timeout() async throws {
      let machine = try await Self.machine([
        "slow": "[Command]\nRunner=systemd\nTimeout=3s\nExec=/bin/sh -c \"trap : TERM; while :; do sleep 1; done\"\n"
      ])
      let id = try await start("slow", on: machine)
      try await Task.sleep(for: .seconds(1))
      try await machine.shell("systemctl restart tactusd")
      let job = try await end(of: id, on: machine)
      #expect(job.errorCode == "PROVIDER_TIMEOUT", "\(job)")
      try await expectNothingLeft(on: machine)
    }

    @Test("One large write is stored completely, and an unfinished line within a moment")
    func largeWrites() async throws {
      let machine = try await Self.machine([
        "file": "[Command]\nRunner=systemd\nTimeout=60s\nExec=/bin/cat /srv/report\n",
        "begun": "[Command]\nRunner=systemd\nTimeout=60s\nExec=/bin/sh -c 'printf abc; exec cat /srv/report'\n",
        "prompt": "[Command]\nRunner=systemd\nExec=/bin/sh -c 'printf password:; sleep 600'\n",
      ])
      try await machine.shell("head -c 2000000 /dev/zero | tr '\\0' x | fold -w 79 >/srv/report; wc -c </srv/report")
      let report = try await machine.shell("cat /srv/report")
      for (name, start) in [("file", ""), ("begun", "abc")] {
        let id = try await machine.shell("tactusctl run \(name) --wait")
        let logs = try await machine.control("logs", id).expectSuccess()
        #expect(logs.trimmingCharacters(in: .newlines) == start + report, "\(logs.utf8.count) bytes")
      }
      let id = try await start("prompt", on: machine)
      _ = try await eventually("the beginning of a line is stored") {
        try await machine.control("logs", id).expectSuccess() == "password:" ? true : nil
      }
      try await machine.control("cancel", id).expectSuccess()
    }

    @Test("A reboot ends a unit as LOST, which does not count as a failure of the workflow")
    func reboot() async throws {
      let machine = try await Self.machine([
        "long": "[Command]\nRunner=systemd\nExec=/bin/sleep 600\n",
        // The daemon waits for this job, so it still runs while systemd stops all units.
        "last": "[Command]\nRunner=direct\nExec=/bin/sleep 5\n",
      ])
      let id = try await start("long", on: machine)
      let last = try await start("last", on: machine)
      _ = try await eventually("both jobs run") { try await machine.jobs("--status=RUNNING").count == 2 ? true : nil }
      try await machine.reboot()
      #expect(try await end(of: last, on: machine).status == "COMPLETED")
      #expect(try await end(of: id, on: machine).errorCode == "LOST")
      let workflow = try await machine.control("show-workflow", "long").expectSuccess()
      #expect(workflow.contains("Failures in a row: 0 (limit: 3)\n"), "\(workflow)")
    }

    static let mistakes = [
      ("Exec=/nonexistent/program\n", "Exec=/nonexistent/program"),
      ("Exec=/bin/true\nUser=nobodyknows\n", "no user nobodyknows (User="),
      ("Exec=/bin/true\nGroup=nobodyknows\n", "no group nobodyknows (Group="),
      ("Exec=/bin/true\nReadWritePaths=/nonexistent\n", "ReadWritePaths=/nonexistent"),
      ("Exec=/bin/true\nWorkingDirectory=/nonexistent\n", "WorkingDirectory=/nonexistent"),
      ("Exec=/bin/true\nLoadCredential=key:/nonexistent\n", "LoadCredential="),
      ("Exec=/bin/true\nEnvironmentFile=/nonexistent\n", "EnvironmentFile="),
    ]

    @Test("The error of a unit that cannot start names the wrong key")
    func mistakes() async throws {
      let named = Self.mistakes.enumerated().map { ("bad\($0)", "[Command]\nRunner=systemd\n\($1.0)") }
      let machine = try await Self.machine(Dictionary(uniqueKeysWithValues: named))
      for (index, (_, key)) in Self.mistakes.enumerated() {
        let ran = try await machine.control("run", "bad\(index)", "--wait")
        #expect(ran.code == 1)
        #expect(ran.errors.contains("VALIDATION_ERROR") && ran.errors.contains(key), "\(ran.errors)")
      }
      try await expectNothingLeft(on: machine)
    }

    @Test("Without the polkit rule, units are refused with the way out, and after a reload with it, auto means systemd")
    func rule() async throws {
      let machine = try await ServiceLab.installed(workflows: [
        "unit": "[Command]\nRunner=systemd\nExec=/bin/true\n", "auto": "[Command]\nExec=/bin/true\n",
      ])
      let refused = try await machine.control("run", "unit", "--wait")
      #expect(
        refused.errors.contains("VALIDATION_ERROR")
          && refused.errors.contains(
            "sudo ln -s /usr/share/tactus/polkit/tactus.rules /etc/polkit-1/rules.d/50-tactus.rules"),
        "\(refused.errors)")
      let place = "workflows/unit.workflow:2: Runner=systemd needs a systemd unit, but "
      let reported = try await machine.control("reload")
      #expect(reported.code == 0, "\(reported)")
      #expect(
        reported.errors.contains("\(place)polkit does not let this daemon start one. Run sudo ln -s"),
        "\(reported.errors)")
      let check = try await machine.shell("tactusd --check")
      #expect(check.contains("\(place)no polkit rule names tactus"), "\(check)")
      let direct = try await machine.shell("tactusctl run auto --wait")
      #expect(try await machine.control("show-job", direct).expectSuccess().contains("Runner: direct"))
      try await machine.shell(Self.permit)
      // polkit notices the new file by inotify, after a moment.
      let reload = try await eventually("auto means systemd") {
        let reload = try await machine.shell("tactusctl reload; sleep 0.2")
        return reload.contains("Runner=auto means systemd from now on") ? reload : nil
      }
      #expect(reload.contains("in force from files"))
      #expect(try await machine.control("reload").errors.isEmpty)
      #expect(try await machine.shell("tactusd --check").contains("polkit") == false)
      let unit = try await machine.shell("tactusctl run auto --wait")
      #expect(try await machine.control("show-job", unit).expectSuccess().contains("Runner: systemd"))
      try await machine.control("run", "unit", "--wait").expectSuccess()
      #expect(try await machine.shell("id -u tactus-job").isEmpty == false)
      try await expectNothingLeft(on: machine)
      // Each change is reported once, however often the files are read.
      #expect(try await machine.shell("tactusctl reload").contains("Runner=auto") == false)
      try await machine.shell("rm /etc/polkit-1/rules.d/50-tactus.rules")
      _ = try await eventually("auto means direct again") {
        try await machine.shell("tactusctl reload; sleep 0.2").contains("Runner=auto means direct") ? true : nil
      }
      let back = try await machine.shell("systemctl reload tactusd; tactusctl run auto --wait")
      #expect(try await machine.control("show-job", back).expectSuccess().contains("Runner: direct"))
      let changes = try await machine.journal("TACTUS_MESSAGE=runner_changed")
      #expect(changes.map { $0["TACTUS_RUNNER"] } == ["systemd", "direct"], "\(changes.map(\.message))")
    }

    @Test("If polkit has not read an existing rule, the message and doctor name the command that reloads it")
    func unreadRule() async throws {
      let machine = try await ServiceLab()
      try await machine.install()
      try await machine.define("unit", "[Command]\nRunner=systemd\nUser=daemon\nExec=/bin/true\n")
      // polkit reads links when it starts and when they change, but does not watch their targets.
      try await machine.shell(
        """
        mv /usr/share/tactus/polkit/tactus.rules /root/
        \(Self.permit)
        systemctl restart polkit
        mv /root/tactus.rules /usr/share/tactus/polkit/
        systemctl enable --now --quiet tactusd.socket tactusd
        """)
      let remedy = "If that link exists, polkit has not read it. Run sudo systemctl restart polkit"
      let refused = try await machine.control("run", "unit", "--wait")
      #expect(refused.errors.contains("VALIDATION_ERROR") && refused.errors.contains(remedy), "\(refused.errors)")
      let doctor = try await machine.control("doctor", "--json=short").output
      #expect(doctor.contains(remedy), "\(doctor)")
      try await machine.shell("systemctl restart polkit")
      try await machine.control("run", "unit", "--wait").expectSuccess()
    }

    @Test("The user tactus reads variables and secrets, so a link of the job's user gives no access to other files")
    func files() async throws {
      func command(_ lines: String) -> String {
        "[Command]\nRunner=systemd\nExec=/bin/sh -c 'echo $A; cat $CREDENTIALS_DIRECTORY/k'\n\(lines)\n"
      }
      let machine = try await Self.machine([
        "link": command("EnvironmentFile=/var/lib/tactus-job/link"),
        "secret": command("LoadCredential=k:/var/lib/tactus-job/link"),
        "pipe": command("EnvironmentFile=/var/lib/tactus-job/pipe"),
        "good": command("EnvironmentFile=/etc/tactus/good.env\nLoadCredential=k:/etc/tactus/key"),
      ])
      try await machine.shell(
        """
        echo A=secret-of-root >/root/env; chmod 0600 /root/env
        ln -s /root/env /var/lib/tactus-job/link; mkfifo /var/lib/tactus-job/pipe
        echo A=fine >/etc/tactus/good.env; echo key >/etc/tactus/key; chgrp tactus /etc/tactus/good.env /etc/tactus/key
        chmod 0640 /etc/tactus/good.env /etc/tactus/key
        """)
      for name in ["link", "secret", "pipe"] {
        #expect(try await machine.control("run", name, "--wait").code == 1)
        let job = try #require(try await machine.jobs("--workflow=\(name)").first)
        #expect(job.errorCode == "VALIDATION_ERROR", "\(job)")
        #expect(try await machine.control("logs", job.id).output.isEmpty)
      }
      let ran = try await machine.control("run", "good", "--follow").expectSuccess()
      #expect(ran.hasSuffix("fine\nkey\n"), "\(ran)")
      #expect(try await machine.shell("ls /run/tactus/unit-credentials").isEmpty)
    }

    @Test("Kill rounds with twenty units at once lose, repeat, block and leave behind no job")
    func killRounds() async throws {
      let machine = try await Self.machine([
        "load": "[Workflow]\nOverlap=allow\n[Command]\nRunner=systemd\nUser=tactus-job\n"
          + #"Exec=/bin/sh -c 'echo $TACTUS_JOB_ID >>"$HOME/ran"; echo begin; sleep 0.5; echo end'"# + "\n"
      ])
      try await machine.write("/etc/tactus/queues/command.queue", "[Queue]\nMaxRunning=20\n")
      try await machine.shell("systemctl restart tactusd")
      try await machine.write(
        "/etc/systemd/system/tactusd.service.d/often.conf",
        "[Unit]\nStartLimitIntervalSec=0\n[Service]\nRestartSec=100ms\n")
      try await machine.shell("systemctl daemon-reload")
      // `make soak` sets more rounds.
      let rounds = ProcessInfo.processInfo.environment["TACTUS_TEST_KILLS"].flatMap { Int($0) } ?? 8
      for _ in 0..<rounds {
        try await machine.shell("for n in $(seq 20); do until tactusctl --quiet run load; do sleep 0.1; done; done")
        try await machine.killDaemon()
      }
      let jobs: [ServiceLab.Job] = try await eventually("all jobs have ended", within: .seconds(90 + rounds)) {
        let ran = try await machine.control("list-jobs", "--status=PENDING,QUEUED,RUNNING", "--json=short")
        guard ran.code == 0, try await machine.jobs("--status=PENDING,QUEUED,RUNNING").isEmpty else { return nil }
        return try await machine.jobs()
      }
      let others = jobs.filter { $0.status != "COMPLETED" && $0.errorCode != "LOST" }
      #expect(others.isEmpty, "\(others)")
      let ran = try await machine.shell("cat /var/lib/tactus-job/ran").split(separator: "\n").map(String.init)
      #expect(Set(ran).count == ran.count, "a job was started twice")
      #expect(Set(ran).isSuperset(of: jobs.filter { $0.status == "COMPLETED" }.map(\.id)))
      // A LOST job was claimed, but not yet started by systemd.
      #expect(Set(ran).isDisjoint(with: jobs.filter { $0.errorCode == "LOST" }.map(\.id)))
      for job in jobs where job.status == "COMPLETED" {
        #expect(try await machine.control("logs", job.id).expectSuccess() == "begin\nend\n")
      }
      try await expectNothingLeft(on: machine)
      try await machine.verify()
    }
  }
}
