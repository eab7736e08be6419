import Foundation
import TactusTestSupport
import Testing

extension OnMachine {
  @Suite("Faults of the system around the daemon")
  struct SurroundingsTests {
    /// Boots a machine whose daemon may start units and has noticed this.
    private static func permitted(_ workflows: [String: String]) async throws -> ServiceLab {
      let machine = try await ServiceLab.installed(workflows: workflows)
      try await machine.shell(
        "ln -s /usr/share/tactus/polkit/tactus.rules /etc/polkit-1/rules.d/50-tactus.rules")
      _ = try await eventually("the daemon may start units") {
        try await machine.shell("tactusctl reload; sleep 0.2; tactusctl doctor || true")
          .contains("systemd runs commands as units for this daemon") ? true : nil
      }
      return machine
    }

    /// The text of the newest message with an identifier.
    private func reported(_ kind: String, on machine: ServiceLab) async throws -> String? {
      try await machine.journal("TACTUS_MESSAGE=\(kind)").last?.message
    }

    private static let pipes = "/var/lib/tactus/pipes"

    static let obstacles = [
      ("rm -rf \(pipes); touch \(pipes)", "not a directory", "mv \(pipes) \(pipes).old"),
      ("rm -rf \(pipes); ln -s /tmp \(pipes)", "not a directory", "mv \(pipes) \(pipes).old"),
      ("mkdir -p \(pipes); chown root:root \(pipes)", "belongs to root", "chown -R tactus: \(pipes)"),
    ]

    @Test(
      "The start, the job and doctor name an obstacle in the place of the pipes and the command that removes it",
      arguments: obstacles)
    func obstacle(making: String, reason: String, cure: String) async throws {
      let machine = try await Self.permitted(["unit": "[Command]\nRunner=systemd\nExec=/bin/echo hello\n"])
      try await machine.shell("systemctl stop --quiet tactusd tactusd.socket; \(making); systemctl start tactusd")
      let message = try #require(try await reported("pipes_unusable", on: machine))
      #expect(message.contains(reason) && message.contains(cure), "\(message)")
      let ran = try await machine.control("run", "unit", "--wait")
      #expect(ran.code == 1 && ran.errors.contains(reason) && ran.errors.contains(cure), "\(ran.errors)")
      let doctor = try await machine.control("doctor", "--quiet")
      #expect(doctor.code == 1 && doctor.output.contains(reason) && doctor.output.contains(cure), "\(doctor)")
      // Only the command in the message is needed.
      try await machine.shell(cure)
      #expect(try await machine.control("run", "unit", "--follow").expectSuccess().hasSuffix("hello\n"))
      #expect(try await machine.control("doctor").output.contains("systemd runs commands as units for this daemon"))
    }

    @Test("A unit whose pipes were removed while no daemon ran continues, and the loss of its output is logged")
    func pipesAreGone() async throws {
      let machine = try await Self.permitted([
        "unit": """
        [Command]
        Runner=systemd
        Exec=/bin/sh -c 'echo first; while ! [ -e /srv/go ]; do sleep 0.1; done; echo second; exit 7'

        """
      ])
      let id = try await machine.shell("tactusctl run unit")
      let unit = "tactus-\(id).service"
      _ = try await eventually("the job writes") {
        try await machine.control("logs", id).output == "first\n" ? true : nil
      }
      try await machine.shell(
        "systemctl stop --quiet tactusd tactusd.socket; rm -rf \(Self.pipes); systemctl start tactusd.socket tactusd")
      let entry = try await eventually("the loss is logged") {
        try await machine.journal("TACTUS_MESSAGE=unit_output_lost").last
      }
      #expect(entry["TACTUS_JOB_ID"] == id)
      #expect(try await machine.property("SubState", of: unit) == "running")
      #expect(try await machine.jobs().first { $0.id == id }?.status == "RUNNING")
      // By now the daemon has removed stale units, but not this one.
      try await machine.control("run", "unit").expectSuccess()
      try await machine.shell("touch /srv/go")
      let job = try await eventually("the job has ended") {
        try await machine.jobs().first { $0.id == id && $0.status != "RUNNING" }
      }
      #expect(job.errorCode == "EXIT_NONZERO" && job.exitCode == 7, "\(job)")
      #expect(try await machine.control("logs", id).expectSuccess() == "first\n")
      _ = try await eventually("no unit and no pipe is left") {
        try await machine.shell(
          "systemctl list-units --all --no-legend 'tactus-*.service'; ls \(Self.pipes)"
        ).isEmpty ? true : nil
      }
      try await machine.verify()
    }

    @Test("A unit whose pipes are on a read-only file system is adopted without them, and a cancel ends it")
    func pipesAreReadOnly() async throws {
      let machine = try await Self.permitted(["unit": "[Command]\nRunner=systemd\nExec=/bin/sleep 600\n"])
      let id = try await machine.shell("tactusctl run unit")
      _ = try await eventually("the job runs") { try await machine.jobs("--status=RUNNING").first }
      try await machine.shell(
        """
        mount --bind \(Self.pipes) \(Self.pipes); mount -o remount,bind,ro \(Self.pipes); systemctl restart tactusd
        tactusctl cancel \(id)
        """)
      let job = try await eventually("the job has ended") {
        try await machine.jobs().first { $0.id == id && $0.status != "RUNNING" }
      }
      #expect(job.status == "CANCELED", "\(job)")
      #expect(try await machine.journal("TACTUS_MESSAGE=unit_output_lost").last?["TACTUS_JOB_ID"] == id)
      try await machine.shell("umount \(Self.pipes); systemctl restart tactusd")
      _ = try await eventually("no unit and no pipe is left") {
        try await machine.shell("systemctl list-units --all --no-legend 'tactus-*.service'; ls \(Self.pipes)").isEmpty
          ? true : nil
      }
      try await machine.verify()
    }

    private static let way =
      "systemctl stop tactusd tactusd.socket; systemctl start tactusd.socket tactusd"

    @Test("A restart opens a removed socket again, and the commands in the message give it back to systemd")
    func socketIsGone() async throws {
      let machine = try await ServiceLab.installed(workflows: ["job": "[Command]\nExec=/bin/true\n"])
      try await machine.shell("rm -rf /run/tactus")
      let lost = try await machine.control("status")
      #expect(lost.code == 3 && lost.errors.contains("restart it if it runs: its socket was removed"), "\(lost)")
      try await machine.shell("systemctl restart tactusd")
      try await machine.control("run", "job", "--wait").expectSuccess()
      #expect(try await machine.shell("stat -c '%a %U' /run/tactus/control.sock") == "666 tactus")
      let message = try #require(try await reported("socket_lost", on: machine))
      #expect(message.contains(Self.way), "\(message)")
      // The loss is logged again, because each daemon removes the socket that it opened.
      try await machine.shell("systemctl restart tactusd")
      try await machine.control("status").expectSuccess()
      #expect(try await machine.journal("TACTUS_MESSAGE=socket_lost").count == 2)

      try await machine.shell(Self.way)
      try await machine.control("status").expectSuccess()
      #expect(try await machine.shell("stat -c '%a %U' /run/tactus/control.sock") == "666 root")
      #expect(try await machine.journal("TACTUS_MESSAGE=socket_lost").count == 2)
    }

    @Test(
      "The daemon names a program that listens in the place of its socket, and the commands in the message replace it")
    func socketIsTaken() async throws {
      let machine = try await ServiceLab.installed()
      try await machine.shell(
        """
        systemctl stop --quiet tactusd; rm /run/tactus/control.sock
        systemd-run --quiet --unit=other systemd-socket-activate --listen=/run/tactus/control.sock /bin/sleep 600
        until test -S /run/tactus/control.sock; do sleep 0.1; done; chmod 666 /run/tactus/control.sock
        systemctl start tactusd
        """)
      let message = try #require(try await reported("socket_lost", on: machine))
      let process = try await machine.property("MainPID", of: "other.service")
      #expect(
        message.contains("process \(process) (")
          && message.contains("listens at /run/tactus/control.sock, and tactusd cannot listen there either: "),
        "\(message)")
      #expect(message.contains(Self.way), "\(message)")
      try await machine.shell(Self.way)
      try await machine.control("status").expectSuccess()

      // Without the socket of systemd, the daemon does not start while the other program listens.
      try await machine.shell(
        """
        systemctl stop --quiet tactusd tactusd.socket other; systemctl mask --quiet tactusd.socket; rm -f /run/tactus/control.sock
        systemd-run --quiet --unit=other systemd-socket-activate --listen=/run/tactus/control.sock /bin/sleep 600
        until test -S /run/tactus/control.sock; do sleep 0.1; done; chmod 666 /run/tactus/control.sock
        """)
      #expect(try await machine.run(["systemctl", "start", "tactusd"]).code != 0)
      let failure = try #require(try await reported("start_failed", on: machine))
      // The message has the command line of the program if it is readable, otherwise its name.
      #expect(
        failure.contains("systemd-socket-")
          && failure.contains(") of root listens at /run/tactus/control.sock. End it"),
        "\(failure)")
    }

    @Test("The daemon logs a file in the place of its socket, and the commands in the message open the socket again")
    func socketIsReplaced() async throws {
      let machine = try await ServiceLab.installed()
      let socket = "/run/tactus/control.sock"
      try await machine.shell("rm \(socket); echo >\(socket); systemctl restart tactusd")
      let message = try await eventually("the loss is logged") { try await reported("socket_lost", on: machine) }
      #expect(
        message.contains("its file \(socket) was removed or replaced") && message.contains(Self.way), "\(message)")
      try await machine.shell("rm -f \(socket); \(Self.way)")
      try await machine.control("status").expectSuccess()
    }

    @Test("If the daemon cannot write to the directory of a lost socket, it keeps running and logs the loss")
    func socketIsOutOfReach() async throws {
      let machine = try await ServiceLab.installed(workflows: ["job": "[Command]\nExec=/bin/true\n"])
      try await machine.write(
        "/etc/systemd/system/tactusd.socket.d/elsewhere.conf", "[Socket]\nListenStream=\nListenStream=/run/other/sock\n"
      )
      try await machine.shell(
        """
        systemctl daemon-reload; \(Self.way)
        tactusctl --socket=/run/other/sock status
        rm /run/other/sock; systemctl restart tactusd
        """)
      let message = try #require(try await reported("socket_lost", on: machine))
      #expect(
        message.contains("/run/other/sock") && message.contains("and tactusd cannot listen there either: "),
        "\(message)")
      #expect(try await machine.property("ActiveState") == "active")
      try await machine.shell("\(Self.way); tactusctl --socket=/run/other/sock status")
    }

    @Test("A daemon that was started without a journal writes messages and output to it once it is back")
    func withoutJournal() async throws {
      let machine = try await ServiceLab.installed(workflows: ["job": "[Command]\nExec=/bin/echo hello\n"])
      try await machine.stopJournal()
      try await machine.shell("systemctl restart tactusd")
      let doctor = try await machine.control("doctor")
      #expect(doctor.output.contains("the journal is unavailable"), "\(doctor.output)")
      try await machine.startJournal()
      let id = try await machine.shell("tactusctl run job --wait")
      let end = try await eventually("the job's end is in the journal") {
        try await machine.journal("TACTUS_MESSAGE=job_completed", "TACTUS_JOB_ID=\(id)").last
      }
      #expect(end["_SYSTEMD_UNIT"] == "tactusd.service")
      let output = try await eventually("the job's output is in the journal") {
        try await machine.journal("--identifier=job", "TACTUS_JOB_ID=\(id)").last
      }
      #expect(output.message == "hello")
      // The messages of the meantime are counted.
      let count = try #require(try await machine.journal("TACTUS_MESSAGE=messages_dropped").last?["TACTUS_COUNT"])
      #expect(Int(count) ?? 0 > 0)
      #expect(try await machine.control("doctor").output.contains("the journal is unavailable") == false)
    }

    @Test("A job in a unit also names a missing account for jobs")
    func noAccount() async throws {
      let machine = try await Self.permitted(["unit": "[Command]\nRunner=systemd\nExec=/bin/true\n"])
      try await machine.shell("userdel tactus-job")
      let ran = try await machine.control("run", "unit", "--wait")
      #expect(
        ran.code == 1 && ran.errors.contains("no user tactus-job") && ran.errors.contains("systemd-sysusers"),
        "\(ran.errors)")
      try await machine.shell("systemd-sysusers; tactusctl reload")
      try await machine.control("run", "unit", "--wait").expectSuccess()
    }

    @Test("Messages distinguish a masked or missing polkit from a refusal by polkit")
    func noPolkit() async throws {
      let machine = try await Self.permitted([
        "unit": "[Command]\nRunner=systemd\nExec=/bin/true\n", "auto": "[Command]\nExec=/bin/true\n",
      ])
      try await machine.shell("systemctl mask --now --quiet polkit")
      let masked = try await machine.control("run", "unit", "--wait")
      #expect(
        masked.code == 1 && masked.errors.contains("VALIDATION_ERROR")
          && masked.errors.contains("sudo systemctl unmask polkit"), "\(masked.errors)")
      // That start also changed the runner of later jobs.
      let direct = try await machine.shell("tactusctl run auto --wait")
      #expect(try await machine.control("show-job", direct).expectSuccess().contains("Runner: direct"))
      #expect(try await reported("runner_changed", on: machine)?.contains("polkit") == true)
      let doctor = try await machine.control("doctor")
      #expect(doctor.output.contains("polkit") && doctor.output.contains("unmask polkit"), "\(doctor.output)")
      // The message names this command.
      try await machine.shell("systemctl unmask --quiet polkit")
      // The command reloads systemd, so the first question of the daemon may be too early.
      _ = try await eventually("units start again") {
        try await machine.shell("tactusctl --quiet reload")
        return try await reported("runner_changed", on: machine)?.contains("Runner=auto means systemd") == true
          ? true : nil
      }
      try await machine.control("run", "unit", "--wait").expectSuccess()

      try await machine.shell(
        "apt-get purge --yes polkitd >/dev/null 2>&1; systemctl daemon-reload; systemctl reload dbus")
      let away = try await machine.control("run", "unit", "--wait")
      #expect(away.code == 1 && away.errors.contains("sudo apt install polkitd"), "\(away.errors)")
    }

    @Test("A command finds the same environment with both runners")
    func sameSurroundings() async throws {
      func command(_ runner: String) -> String {
        """
        [Command]
        Runner=\(runner)
        EnvironmentFile=/srv/file.env
        Exec=/bin/sh /srv/look

        """
      }
      let machine = try await Self.permitted(["direct": command("direct"), "unit": command("systemd")])
      try await machine.write(
        "/srv/look",
        "for n in HOME USER LOGNAME SHELL PATH LANG TZ A; do eval echo $n=\\$$n; done; pwd; id; umask; ulimit -Sn\n")
      try await machine.write("/srv/file.env", "A=grün\n")
      var found: [String] = []
      for name in ["direct", "unit"] {
        let id = try await machine.shell("tactusctl run \(name) --wait")
        found.append(try await machine.control("logs", id).expectSuccess())
      }
      #expect(found[0] == found[1])
      #expect(found[0].contains("SHELL=/bin/sh\n") && found[0].hasSuffix("\n1024\n") && found[0].contains("A=grün\n"))
      try await machine.shell(#"printf '# \344\nA=gr\374n\n' >/srv/file.env"#)
      for name in ["direct", "unit"] {
        let ran = try await machine.control("run", name, "--wait")
        #expect(
          ran.code == 1 && ran.errors.contains("EnvironmentFile=/srv/file.env: line 1 is not UTF-8"), "\(ran.errors)")
      }
    }
  }
}
