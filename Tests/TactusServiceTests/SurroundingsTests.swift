import Foundation
import TactusTestSupport
import Testing

extension OnMachine {
  @Suite("When the surroundings go wrong")
  struct SurroundingsTests {
    /// A machine whose daemon may start units, and knows it.
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

    /// The sentence of the newest message of a kind.
    private func told(_ kind: String, on machine: ServiceLab) async throws -> String? {
      try await machine.journal("TACTUS_MESSAGE=\(kind)").last?.message
    }

    @Test("polkit that is masked, or not there, is told apart from one that says no")
    func noPolkit() async throws {
      let machine = try await Self.permitted([
        "unit": "[Command]\nRunner=systemd\nExec=/bin/true\n", "auto": "[Command]\nExec=/bin/true\n",
      ])
      try await machine.shell("systemctl mask --now --quiet polkit")
      let masked = try await machine.control("run", "unit", "--wait")
      #expect(
        masked.code == 1 && masked.errors.contains("VALIDATION_ERROR")
          && masked.errors.contains("sudo systemctl unmask polkit"), "\(masked.errors)")
      // That start has found out, for the others as well.
      let direct = try await machine.shell("tactusctl run auto --wait")
      #expect(try await machine.control("show-job", direct).expectSuccess().contains("Runner: direct"))
      #expect(try await told("runner_changed", on: machine)?.contains("polkit") == true)
      let doctor = try await machine.control("doctor")
      #expect(doctor.output.contains("polkit") && doctor.output.contains("unmask polkit"), "\(doctor.output)")
      // As it is told.
      try await machine.shell("systemctl unmask --quiet polkit")
      // Which has systemd read its files again, so that the daemon may have asked before this does.
      _ = try await eventually("units start again") {
        try await machine.shell("tactusctl --quiet reload")
        return try await told("runner_changed", on: machine)?.contains("Runner=auto means systemd") == true ? true : nil
      }
      try await machine.control("run", "unit", "--wait").expectSuccess()

      try await machine.shell(
        "apt-get purge --yes polkitd >/dev/null 2>&1; systemctl daemon-reload; systemctl reload dbus")
      let away = try await machine.control("run", "unit", "--wait")
      #expect(away.code == 1 && away.errors.contains("sudo apt install polkitd"), "\(away.errors)")
    }
  }
}
