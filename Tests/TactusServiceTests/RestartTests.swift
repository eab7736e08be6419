import TactusTestSupport
import Testing

extension OnMachine {
  @Suite("Restarts")
  struct RestartTests {
    /// A workflow whose jobs append their ids to a file in their home directory, which survives a reboot.
    private static let load =
      "[Workflow]\nOverlap=allow\n[Command]\nExec=/bin/sh -c 'echo $TACTUS_JOB_ID >>\"$HOME/ran\"; sleep 0.1'\n"
    private static let ticks =
      "[Schedule]\nInterval=1s\n[Command]\nExec=/bin/sh -c 'echo $TACTUS_JOB_ID >>\"$HOME/ran\"'\n"
    private static let count = 300

    /// Creates jobs as scripts should: with an idempotency key, repeated until the daemon answers.
    private static let submit = """
      for number in $(seq \(count)); do
        until tactusctl --quiet run load --idempotency-key=$number; do sleep 0.1; done
      done
      """

    /// Waits until all jobs of `load` have ended, and returns all jobs.
    private func settled(_ machine: ServiceLab) async throws -> [ServiceLab.Job] {
      _ = try await eventually("all jobs have ended") {
        try await machine.jobs("--workflow=load", "--status=PENDING,QUEUED,RUNNING").isEmpty ? true : nil
      }
      try await machine.control("terminate", "ticks").expectSuccess()
      return try await machine.jobs()
    }

    /// The ids that jobs wrote to their file.
    private func ran(_ machine: ServiceLab) async throws -> [String] {
      try await machine.shell("cat /var/lib/tactus*/ran").split(separator: "\n").map(String.init)
    }

    @Test("Five restarts under load lose no job, start no job twice, and interrupt no job that ends in time")
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
      // A job that still waits in the full queue when the daemon stops is replaced by that of a newer instant.
      let others = Set(jobs.filter { $0.workflow == "ticks" }.map { $0.errorCode ?? $0.status })
      #expect(others.isSubset(of: ["COMPLETED", "MISFIRED", "WORKFLOW_TERMINATED"]), "\(others)")
      let ran = try await ran(machine)
      #expect(Set(ran).count == ran.count, "a job was started twice")
      #expect(Set(ran) == Set(jobs.filter { $0.status == "COMPLETED" }.map(\.id)))
      #expect(try await machine.property("NRestarts") == "0", "no restart was caused by a failure")
      try await machine.verify()
    }

    @Test("kill -9, a reboot and a power cut lose at most the running jobs, which end as LOST")
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
      // At most one job per slot is lost at each crash. A reboot is not a crash.
      let slots = 2 * (Int(try await machine.shell("nproc")) ?? 0)
      #expect(jobs.count { $0.errorCode == "LOST" } <= 2 * slots)
      let ran = try await ran(machine)
      #expect(Set(ran).count == ran.count, "a job was started twice")
      try await machine.verify()
    }

    @Test("A call starts a stopped daemon, because systemd listens on its socket")
    func activation() async throws {
      let machine = try await ServiceLab.installed()
      try await machine.shell("systemctl stop --quiet tactusd")
      #expect(try await machine.property("ActiveState") == "inactive")
      #expect(try await machine.property("ActiveState", of: "tactusd.socket") == "active")
      try await machine.control("status").expectSuccess()
      #expect(try await machine.property("ActiveState") == "active")
      // If the operator masks the socket unit, the daemon opens the socket itself.
      try await machine.shell(
        "systemctl stop --quiet tactusd tactusd.socket; systemctl mask --quiet tactusd.socket; systemctl start tactusd")
      try await machine.control("status").expectSuccess()
    }
  }
}
