import TactusTestSupport
import Testing

extension OnMachine {
  @Suite("The package")
  struct PackageTests {
    /// The command by which an operator allows the user tactus to start units.
    private static let permit = "ln -s /usr/share/tactus/polkit/tactus.rules /etc/polkit-1/rules.d/50-tactus.rules"
    private static let hello = "[Command]\nExec=/bin/sh -c 'echo hello from $(id -un)'\n"

    @Test("After the installation, one command enables Tactus, and users have the rights of their groups")
    func install() async throws {
      let machine = try await ServiceLab()
      try await machine.install()
      for unit in ["tactusd.service", "tactusd.socket"] {
        #expect(try await machine.property("UnitFileState", of: unit) == "disabled", "\(unit)")
        #expect(try await machine.property("ActiveState", of: unit) == "inactive", "\(unit)")
      }
      try await machine.shell("systemctl enable --now --quiet tactusd.socket tactusd")

      try await machine.shell("useradd --groups tactus-admin changer; useradd --groups adm reader; useradd stranger")
      try await machine.write("/srv/hello.workflow", Self.hello)
      #expect(try await machine.control("apply", "/srv/hello.workflow", as: "changer").code == 0)
      #expect(try await machine.control("apply", "/srv/hello.workflow").code == 0)
      for (user, reading) in [("changer", 0), ("reader", 0), ("stranger", 5)] {
        #expect(try await machine.control("status", as: user).code == 0, "\(user)")
        #expect(try await machine.control("cat", "hello", as: user).code == reading, "\(user)")
      }
      for user in ["reader", "stranger"] {
        let refused = try await machine.control("apply", "/srv/hello.workflow", as: user)
        #expect(refused.code == 5 && refused.errors.contains("tactus-admin"), "\(refused)")
        #expect(try await machine.control("run", "hello", as: user).code == 5, "\(user)")
      }

      let ran = try await machine.control("run", "hello", "--follow", as: "changer").expectSuccess()
      #expect(ran.hasSuffix("hello from tactus-job\n"), "\(ran)")
      #expect(try await machine.jobs("--workflow=hello").map(\.status) == ["COMPLETED"])
      let status = try await machine.shell("systemctl status tactusd")
      #expect(status.contains("Active: active (running)") && status.contains("Status: \""), "\(status)")
      // An audit by root leaves no file behind that the user tactus cannot write.
      try await machine.verify()
      try await machine.shell("systemctl stop tactusd")
      try await machine.verify()
      try await machine.shell("systemctl start tactusd")
      try await machine.control("run", "hello", "--wait").expectSuccess()
    }

    @Test("The package installs manual pages, completions and examples in the standard places")
    func documents() async throws {
      let machine = try await ServiceLab()
      try await machine.install()
      for page in ["tactusd", "tactusctl", "tactusd.conf", "tactus.workflow", "tactus.queue", "tactus.provider"] {
        #expect(try await machine.run(["man", "--where", page]).code == 0, "\(page)")
      }
      try await machine.shell(
        """
        test -f /usr/share/bash-completion/completions/tactusctl
        test -f /usr/share/zsh/vendor-completions/_tactusctl
        test -f /usr/share/fish/vendor_completions.d/tactusctl.fish
        cp /usr/share/doc/tactus/examples/workflows/tick.workflow /etc/tactus/workflows/
        tactusd --check
        """)
    }

    @Test("An upgrade lets running jobs end, and calls during the upgrade wait instead of failing")
    func upgrade() async throws {
      let machine = try await ServiceLab.installed(workflows: ["long": "[Command]\nExec=/bin/sleep 3\n"])
      let before = try await machine.daemonProcess
      try await machine.control("run", "long").expectSuccess()
      _ = try await eventually("the job runs") { try await machine.jobs("--status=RUNNING").first }
      async let upgrade: Void = machine.install()
      _ = try await eventually("the daemon stops or has been replaced") {
        let (process, state) = (try await machine.daemonProcess, try await machine.property("ActiveState"))
        return process != before || state != "active" ? true : nil
      }
      #expect(try await machine.control("status").code == 0)
      try await upgrade
      #expect(try await machine.daemonProcess != before)
      #expect(try await machine.jobs().map(\.status) == ["COMPLETED"])
      #expect(try await machine.property("UnitFileState") == "enabled")
      try await machine.verify()
    }

    // After a removal and a new installation of the package, two jobs were once RUNNING for a moment, then LOST.
    @Test(
      "A removal ends running units, which the next daemon shows as LOST at once, and keeps the results of ended units"
    )
    func removeUnits() async throws {
      let machine = try await ServiceLab()
      try await machine.install()
      try await machine.shell(Self.permit)
      try await machine.define("long", "[Command]\nRunner=systemd\nExec=/bin/sleep 600\n")
      try await machine.define(
        "short",
        "[Command]\nRunner=systemd\nExec=/bin/sh -c 'until test -e /tmp/end; do sleep 0.1; done; echo over; exit 9'\n")
      try await machine.shell("systemctl enable --now --quiet tactusd.socket tactusd")
      let (long, short) = (
        try await machine.shell("tactusctl run long"), try await machine.shell("tactusctl run short")
      )
      _ = try await eventually("both jobs run") {
        try await machine.jobs("--status=RUNNING").count == 2 ? true : nil
      }
      try await endUnseen(short, on: machine)
      try await machine.shell("apt-get remove --yes tactus")
      #expect(try await machine.property("LoadState", of: "tactus-\(long).service") == "not-found")
      #expect(try await machine.property("SubState", of: "tactus-\(short).service") == "exited")
      try await machine.install()
      // This very call starts the daemon.
      try await machine.shell("systemctl start tactusd.socket")
      let ends = Dictionary(uniqueKeysWithValues: try await machine.jobs().map { ($0.id, $0.errorCode ?? $0.status) })
      #expect(ends == [long: "LOST", short: "EXIT_NONZERO"])
      #expect(try await machine.control("logs", short).expectSuccess() == "over\n")
      try await machine.verify()

      // No daemon will ask for the result of this unit.
      try await machine.shell("rm /tmp/end")
      try await unitsStart(on: machine)
      let last = try await machine.shell("tactusctl run short")
      _ = try await eventually("the job runs") { try await machine.jobs("--status=RUNNING").first }
      try await endUnseen(last, on: machine)
      try await machine.shell("apt-get purge --yes tactus")
      #expect(try await machine.shell("systemctl list-units --all --no-legend 'tactus-*.service'") == "")
    }

    @Test("The link to the polkit rule works again after a new installation, without a restart of polkit")
    func rule() async throws {
      let machine = try await ServiceLab.installed(workflows: [
        "unit": "[Command]\nUser=daemon\nExec=/usr/bin/id --user --name\n"
      ])
      try await machine.shell(Self.permit)
      try await unitsStart(on: machine)
      try await machine.shell("apt-get remove --yes tactus")
      // As at a reboot, polkit now reads a link without a target.
      try await machine.shell("systemctl restart polkit")
      let polkit = try await machine.property("MainPID", of: "polkit.service")
      #expect(
        try await machine.run(
          ["sh", "-c", "pkcheck --action-id=org.freedesktop.systemd1.manage-units --process=$$"], as: "tactus"
        ).code != 0)
      try await machine.install()
      try await machine.shell("systemctl start tactusd.socket tactusd")
      try await unitsStart(on: machine)
      #expect(try await machine.control("run", "unit", "--follow").expectSuccess().hasSuffix("daemon\n"))
      #expect(try await machine.property("MainPID", of: "polkit.service") == polkit)
    }

    /// Waits until the daemon may start units.
    ///
    /// polkit notices its rule by inotify, after a moment.
    private func unitsStart(on machine: ServiceLab) async throws {
      _ = try await eventually("the daemon may start units") {
        let doctor = try await machine.shell("tactusctl reload >/dev/null; tactusctl doctor")
        return doctor.contains("systemd runs commands as units for this daemon") ? true : nil
      }
    }

    /// Lets a job that waits for a file end while no daemon runs.
    private func endUnseen(_ job: String, on machine: ServiceLab) async throws {
      try await machine.shell("systemctl stop --quiet tactusd tactusd.socket; touch /tmp/end")
      _ = try await eventually("the unit has ended") {
        try await machine.property("SubState", of: "tactus-\(job).service") == "exited" ? true : nil
      }
    }

    @Test("A removal keeps the store and the configuration, and a purge leaves nothing")
    func remove() async throws {
      let machine = try await ServiceLab.installed(workflows: ["hello": Self.hello])
      try await machine.control("run", "hello", "--wait").expectSuccess()
      try await machine.shell("apt-get remove --yes tactus")
      try await machine.shell(
        """
        test -f /var/lib/tactus/tactus.db
        test -f /etc/tactus/tactusd.conf
        test -f /etc/tactus/workflows/hello.workflow
        ! test -e /usr/sbin/tactusd
        ! pgrep tactusd
        """)
      #expect(try await machine.shell("systemctl --failed --plain --no-legend") == "")

      // After a new installation, the service is enabled as before and still has its jobs.
      try await machine.install()
      #expect(try await machine.property("UnitFileState") == "enabled")
      try await machine.shell("systemctl start tactusd.socket tactusd")
      #expect(try await machine.jobs().map(\.status) == ["COMPLETED"])

      try await machine.shell(
        """
        \(Self.permit)
        apt-get purge --yes tactus
        """)
      let left = try await machine.shell("find /etc /lib/ /run /usr /var -name '*tactus*' ! -path '/var/log/*'")
      #expect(left == "")
      #expect(try await machine.shell("systemctl --failed --plain --no-legend") == "")
    }
  }
}
