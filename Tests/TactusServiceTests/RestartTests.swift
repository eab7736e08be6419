import TactusTestSupport
import Testing

extension OnMachine {
  @Suite("Restarts")
  struct RestartTests {
    /// Says in a file who has run; the file is in the home of the jobs, which outlives everything.
    private static let load =
      "[Workflow]\nOverlap=allow\n[Command]\nExec=/bin/sh -c 'echo $TACTUS_JOB_ID >>\"$HOME/ran\"; sleep 0.1'\n"
    private static let ticks =
      "[Schedule]\nInterval=1s\n[Command]\nExec=/bin/sh -c 'echo $TACTUS_JOB_ID >>\"$HOME/ran\"'\n"
    private static let count = 300

    /// Submits jobs as scripts do: with a key, and again until there is an answer.
    private static let submit = """
      for number in $(seq \(count)); do
        until tactusctl --quiet run load --idempotency-key=$number; do sleep 0.1; done
      done
      """

    /// Waits until all jobs of the load have ended; answers all jobs.
    private func settled(_ machine: ServiceLab) async throws -> [ServiceLab.Job] {
      _ = try await eventually("all jobs have ended") {
        try await machine.jobs("--workflow=load", "--status=PENDING,QUEUED,RUNNING").isEmpty ? true : nil
      }
      try await machine.control("terminate", "ticks").expectSuccess()
      return try await machine.jobs()
    }

    /// The ids that jobs wrote themselves.
    private func ran(_ machine: ServiceLab) async throws -> [String] {
      try await machine.shell("cat /var/lib/tactus*/ran").split(separator: "\n").map(String.init)
    }

    @Test("Five restarts under load lose no job, start none twice, and interrupt none that ends in time")
    func restarts() async throws {
      let machine = try await ServiceLab.installed(workflows: ["load": Self.load, "ticks": Self.ticks])
      async let submitted: String = machine.shell(Self.submit)
      for _ in 1...5 {
        try await Task.sleep(for: .seconds(1))
        try await machine.shell("systemctl restart tactusd")
      }
      _ = try await submitted
      let jobs = try await settled(machine)
      #expect(jobs.count { $0.workflow == "load" } == Self.count)
      let ends = Set(jobs.filter { $0.workflow == "load" }.map { $0.errorCode ?? $0.status })
      #expect(ends == ["COMPLETED"])
      // An instant whose job still waits in the full queue when the daemon stops gives way to a newer one.
      let others = Set(jobs.filter { $0.workflow == "ticks" }.map { $0.errorCode ?? $0.status })
      #expect(others.isSubset(of: ["COMPLETED", "MISFIRED", "WORKFLOW_TERMINATED"]), "\(others)")
      let ran = try await ran(machine)
      #expect(Set(ran).count == ran.count, "a job was started twice")
      #expect(Set(ran) == Set(jobs.filter { $0.status == "COMPLETED" }.map(\.id)))
      #expect(try await machine.property("NRestarts") == "0", "none of them was a failure")
      try await machine.verify()
    }

    @Test("kill -9, a reboot and a power cut lose at most what ran, and say so")
    func crashes() async throws {
      let machine = try await ServiceLab.installed(workflows: ["load": Self.load, "ticks": Self.ticks])
      for crash in [ServiceLab.killDaemon, ServiceLab.reboot, ServiceLab.cutPower] {
        try await machine.shell("for number in $(seq 20); do tactusctl --quiet run load; done")
        try await crash(machine)()
      }
      _ = try await eventually("the daemon runs") { try await machine.property("ActiveState") == "active" ? true : nil }
      let jobs = try await settled(machine)
      #expect(jobs.count { $0.workflow == "load" } == 60)
      let ends = Set(jobs.filter { $0.workflow == "load" }.map { $0.errorCode ?? $0.status })
      #expect(ends.isSubset(of: ["COMPLETED", "LOST"]), "\(ends)")
      // No more than ran at once at each crash; a reboot is none.
      let slots = 2 * (Int(try await machine.shell("nproc")) ?? 0)
      #expect(jobs.count { $0.errorCode == "LOST" } <= 2 * slots)
      let ran = try await ran(machine)
      #expect(Set(ran).count == ran.count, "a job was started twice")
      try await machine.verify()
    }

    @Test("A client finds the daemon that does not run, because systemd listens for it")
    func activation() async throws {
      let machine = try await ServiceLab.installed()
      try await machine.shell("systemctl stop --quiet tactusd")
      #expect(try await machine.property("ActiveState") == "inactive")
      #expect(try await machine.property("ActiveState", of: "tactusd.socket") == "active")
      try await machine.control("status").expectSuccess()
      #expect(try await machine.property("ActiveState") == "active")
      // A mask is how an operator does without: then the daemon opens the socket itself.
      try await machine.shell(
        "systemctl stop --quiet tactusd tactusd.socket; systemctl mask --quiet tactusd.socket; systemctl start tactusd")
      try await machine.control("status").expectSuccess()
    }
  }
}
