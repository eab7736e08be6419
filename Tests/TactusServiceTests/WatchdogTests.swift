import Foundation
import TactusTestSupport
import Testing

extension OnMachine {
  @Suite("The watchdog")
  struct WatchdogTests {
    @Test(
      "systemd restarts a daemon with a blocked work queue, and no job is lost or repeated",
      arguments: ["tactus.scheduling", "tactus.store"])
    func blocked(queue: String) async throws {
      let machine = try await ServiceLab.installed(
        workflows: [
          "tick": "[Schedule]\nInterval=1s\n[Command]\nExec=/bin/sh -c 'echo $TACTUS_JOB_ID >>$HOME/ticks'\n",
          "long": "[Command]\nExec=/bin/sleep 600\n",
        ],
        unit: "[Service]\nEnvironment=TACTUS_DEBUG=/etc/tactus-debug\nWatchdogSec=4s\n")
      try await machine.shell("mkdir -p /etc/tactus-debug; tactusctl run long")
      let first = try await machine.daemonProcess
      _ = try await eventually("the first ticks have run") {
        try await machine.jobs("--workflow=tick", "--status=COMPLETED").count > 2 ? true : nil
      }
      try await machine.shell(
        "echo \(queue) >/etc/tactus-debug/block; systemctl kill --kill-who=main --signal=USR2 tactusd")
      let second = try await eventually("systemd has restarted the daemon") { () -> Int? in
        let process = try await machine.daemonProcess
        guard process != 0, process != first else { return nil }
        return try await machine.property("ActiveState") == "active" ? process : nil
      }
      #expect(second != first)
      #expect(Int(try await machine.property("NRestarts")) == 1)
      let silence = try await machine.journal("TACTUS_MESSAGE=work_queue_silent")
      #expect(silence.contains { $0["TACTUS_WORK_QUEUES"]?.contains(queue) == true }, "\(silence)")
      #expect(try await machine.journal("--unit=tactusd").contains { $0.message.contains("Watchdog timeout") })

      // The schedule continues, and every job has its end.
      let restarted = try await machine.shell("date --utc +%Y-%m-%dT%H:%M:%SZ")
      _ = try await eventually("ticks run again") {
        try await machine.jobs("--workflow=tick", "--status=COMPLETED", "--since=\(restarted)").isEmpty ? nil : true
      }
      let long = try #require(try await machine.jobs("--workflow=long").first)
      #expect(long.status == "FAILED" && long.errorCode == "LOST", "\(long)")
      let ran = try await machine.shell("sort /var/lib/tactus-job/ticks | uniq -d")
      #expect(ran.isEmpty, "a job was started twice: \(ran)")
      try await machine.verify()
    }
  }
}
