import Testing

extension OnMachine {
  @Suite("Private instance of a user")
  struct UserInstanceTests {
    @Test("Any user can enable a private daemon, which runs jobs as that user and refuses other users")
    func enable() async throws {
      let machine = try await ServiceLab()
      try await machine.install()
      try await machine.shell("useradd --create-home owner; useradd stranger; systemctl start user@$(id -u owner)")
      let user = try await machine.shell("id -u owner")
      func asOwner(_ script: String) async throws -> String {
        try await machine.shell("export HOME=/home/owner XDG_RUNTIME_DIR=/run/user/\(user); \(script)", as: "owner")
      }
      _ = try await asOwner(
        """
        mkdir -p ~/.config/tactus/workflows
        printf '[Command]\\nExec=/usr/bin/id -un\\n' >~/.config/tactus/workflows/who.workflow
        systemctl --user enable --now --quiet tactusd.socket tactusd
        """)
      #expect(try await asOwner("tactusctl --user run who --follow").hasSuffix("owner"))
      #expect(
        try await asOwner(
          "systemctl --user reload tactusd; systemctl --user show --value --property=ActiveState tactusd")
          == "active")
      // journald has one rate limit for all services of a user.
      #expect(try await asOwner("tactusctl --user doctor || true").contains("RateLimitBurst="))
      let socket = "--socket=/run/user/\(user)/tactus/control.sock"
      let refused = try await machine.control("status", socket, as: "stranger")
      #expect(refused.code == 5, "\(refused)")
      // Without systemd, the daemon would use the same state directory.
      try await machine.shell("test -f /home/owner/.local/state/tactus/tactus.db")
      _ = try await asOwner("systemctl --user stop --quiet tactusd; tactusctl --user status")
    }
  }
}
