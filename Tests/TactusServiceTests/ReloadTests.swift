import TactusTestSupport
import Testing

extension OnMachine {
  @Suite("systemctl reload")
  struct ReloadTests {
    @Test("A good file is in force, a bad one is told with its line, and the exit status says so")
    func oneBad() async throws {
      let machine = try await ServiceLab.installed()
      let process = try await machine.daemonProcess
      try await machine.define("good", "[Command]\nExec=/bin/echo good\n")
      try await machine.define("bad", "[Command]\nExec=/bin/true\nTimeuot=3s\n")

      #expect(try await machine.run(["systemctl", "reload", "tactusd"]).code == 1)
      try await machine.control("run", "good", "--wait").expectSuccess()
      #expect(try await machine.control("run", "bad").code == 4)
      let told = try await machine.journal("--unit=tactusd", "--priority=warning").map(\.message)
      #expect(told.contains { $0.contains("bad.workflow:3: ") && $0.contains("Timeuot") }, "\(told)")
      let reload = try await machine.control("reload")
      #expect(reload.code == 1 && reload.errors.contains("bad.workflow:3: "), "\(reload)")

      try await machine.define("bad", "[Command]\nExec=/bin/true\nTimeout=3s\n")
      #expect(try await machine.run(["systemctl", "reload", "tactusd"]).code == 0)
      try await machine.control("run", "bad", "--wait").expectSuccess()
      // It was the same daemon all the time, and systemd takes it for well.
      #expect(try await machine.daemonProcess == process)
      #expect(try await machine.property("ActiveState") == "active")
    }

    @Test("SIGHUP reloads, too")
    func hangUp() async throws {
      let machine = try await ServiceLab.installed()
      try await machine.define("good", "[Command]\nExec=/bin/echo good\n")
      try await machine.shell("systemctl kill --kill-who=main --signal=HUP tactusd")
      _ = try await eventually("it knows the workflow") {
        try await machine.control("show-workflow", "good").code == 0 ? true : nil
      }
      _ = try await eventually("it is reloaded") { try await machine.property("ActiveState") == "active" ? true : nil }
    }
  }
}
