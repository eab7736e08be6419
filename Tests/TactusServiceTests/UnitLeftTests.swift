import Foundation
import TactusTestSupport
import Testing

extension OnMachine {
  @Suite("Processes that commands leave in their units")
  struct UnitLeftTests {
    private static func machine(_ workflows: [String: String]) async throws -> ServiceLab {
      let machine = try await ServiceLab.installed(workflows: workflows)
      try await machine.shell(UnitJobTests.permit)
      return machine
    }

    /// Waits until systemd has forgotten every unit of a job, and no pipe is left.
    private func expectNothingLeft(on machine: ServiceLab) async throws {
      _ = try await eventually("no unit and no pipe is left", within: .seconds(10)) {
        try await machine.shell(
          "systemctl list-units --all --no-legend 'tactus-*.service'; ls /var/lib/tactus/pipes"
        ).isEmpty ? true : nil
      }
    }

    @Test("Background processes end with the job, and show-job counts them")
    func counted() async throws {
      let machine = try await Self.machine([
        "leaves": "[Command]\nRunner=systemd\nExec=/bin/sh -c \"sleep 4242 & sleep 4242 & exit 0\"\n"
      ])
      let id = try await machine.shell("tactusctl run leaves --wait")
      let shown = try await machine.control("show-job", id).expectSuccess()
      #expect(shown.contains("Left behind: 2 processes, ended with the job"), "\(shown)")
      #expect(try await machine.run(["pgrep", "--full", "^sleep 4242"]).code == 1)
      try await expectNothingLeft(on: machine)
      try await machine.verify()
    }

    @Test("With KillMode=process they stay in the unit, even across a restart, and the unit ends with the last one")
    func stay() async throws {
      let machine = try await Self.machine([
        "leaves":
          "[Command]\nRunner=systemd\nKillMode=process\nExec=/bin/sh -c \"sleep 4242 >/dev/null 2>&1 & exit 0\"\n"
      ])
      let id = try await machine.shell("tactusctl run leaves --wait")
      #expect(try await machine.control("show-job", id).expectSuccess().contains("Left behind") == false)
      try await machine.shell("systemctl restart tactusd; pgrep --full '^sleep 4242'")
      try await machine.control("run", "leaves", "--wait").expectSuccess()
      #expect(try await machine.shell("pgrep --count --full '^sleep 4242'") == "2")
      try await machine.shell("systemctl kill --signal=KILL tactus-\(id).service; pkill --full '^sleep 4242' || true")
      try await expectNothingLeft(on: machine)
      try await machine.verify()
    }

    @Test("A cancel ends all processes of the unit, even with KillMode=process")
    func cancel() async throws {
      let machine = try await Self.machine([
        "leaves": "[Command]\nRunner=systemd\nKillMode=process\nExec=/bin/sh -c \"sleep 4242 & sleep 4242\"\n"
      ])
      let id = try await machine.shell("tactusctl run leaves")
      _ = try await eventually("both processes run") {
        try await machine.run(["pgrep", "--count", "--full", "^sleep 4242"]).output.hasPrefix("2") ? true : nil
      }
      try await machine.control("cancel", id).expectSuccess()
      _ = try await eventually("both processes have ended") {
        try await machine.run(["pgrep", "--full", "^sleep 4242"]).code == 1 ? true : nil
      }
      try await expectNothingLeft(on: machine)
    }

    @Test("Merged output keeps the exact order of both streams, even across a restart of the daemon")
    func merged() async throws {
      let machine = try await Self.machine([
        "merged": "[Command]\nRunner=systemd\nMergeOutput=yes\n"
          + #"Exec=/bin/bash -c "for ((i = 0; i < 1000; i++)); do echo out $i; echo err $i >&2; ((i % 100)) || sleep 0.2; done""#
          + "\n"
      ])
      let id = try await machine.shell("tactusctl run merged")
      _ = try await eventually("the job runs") { try await machine.jobs("--status=RUNNING").first }
      try await machine.shell("systemctl restart tactusd; tactusctl wait \(id)", within: .seconds(60))
      let expected = (0..<1000).map { "out \($0)\nerr \($0)\n" }.joined()
      #expect(try await machine.control("logs", id).expectSuccess() == expected)
      try await expectNothingLeft(on: machine)
    }
  }
}
