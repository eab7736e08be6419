import TactusTestSupport
import Testing

extension OnMachine {
  @Suite("systemctl reload")
  struct ReloadTests {
    @Test("systemctl reload applies a good file, logs a bad one with its line, and fails")
    func oneBad() async throws {
      let machine = try await ServiceLab.installed()
      let process = try await machine.daemonProcess
      try await machine.define("good", "[Command]\nExec=/bin/echo good\n")
      try await machine.define("bad", "[Command]\nExec=/bin/true\nTimeuot=3s\n")

      #expect(try await machine.run(["systemctl", "reload", "tactusd"]).code == 1)
      try await machine.control("run", "good", "--wait").expectSuccess()
      #expect(try await machine.control("run", "bad").code == 4)
      let reported = try await machine.journal("--unit=tactusd", "--priority=warning").map(\.message)
      #expect(reported.contains { $0.contains("bad.workflow:3: ") && $0.contains("Timeuot") }, "\(reported)")
      let reload = try await machine.control("reload")
      #expect(reload.code == 1 && reload.errors.contains("bad.workflow:3: "), "\(reload)")

      try await machine.define("bad", "[Command]\nExec=/bin/true\nTimeout=3s\n")
      #expect(try await machine.run(["systemctl", "reload", "tactusd"]).code == 0)
      try await machine.control("run", "bad", "--wait").expectSuccess()
      // The daemon was not restarted, and systemd considers it active.
      #expect(try await machine.daemonProcess == process)
      #expect(try await machine.property("ActiveState") == "active")
    }

    @Test("SIGHUP also reloads")
    func hangUp() async throws {
      let machine = try await ServiceLab.installed()
      try await machine.define("good", "[Command]\nExec=/bin/echo good\n")
      try await machine.shell("systemctl kill --kill-who=main --signal=HUP tactusd")
      _ = try await eventually("the workflow exists") {
        try await machine.control("show-workflow", "good").code == 0 ? true : nil
      }
      _ = try await eventually("the reload has ended") {
        try await machine.property("ActiveState") == "active" ? true : nil
      }
    }
  }
}
