import Testing

extension OnMachine {
  @Suite("An instance of a user")
  struct UserInstanceTests {
    @Test("Any user enables a private daemon, which runs jobs as that user and answers nobody else")
    func enable() async throws {
      let machine = try await ServiceLab()
      try await machine.install()
      try await machine.shell("useradd --create-home ann; useradd stranger; systemctl start user@$(id -u ann)")
      let user = try await machine.shell("id -u ann")
      func asAnn(_ script: String) async throws -> String {
        try await machine.shell("export HOME=/home/ann XDG_RUNTIME_DIR=/run/user/\(user); \(script)", as: "ann")
      }
      _ = try await asAnn(
        """
        mkdir -p ~/.config/tactus/workflows
        printf '[Command]\\nExec=/usr/bin/id -un\\n' >~/.config/tactus/workflows/who.workflow
        systemctl --user enable --now --quiet tactusd.socket tactusd
        """)
      #expect(try await asAnn("tactusctl --user run who --follow").hasSuffix("ann"))
      #expect(
        try await asAnn("systemctl --user reload tactusd; systemctl --user show --value --property=ActiveState tactusd")
          == "active")
      let socket = "--socket=/run/user/\(user)/tactus/control.sock"
      #expect(try await machine.control("status", socket, as: "stranger").code == 3)
      // The state is where the daemon has it without systemd, too.
      try await machine.shell("test -f /home/ann/.local/state/tactus/tactus.db")
      _ = try await asAnn("systemctl --user stop --quiet tactusd; tactusctl --user status")
    }
  }
}
