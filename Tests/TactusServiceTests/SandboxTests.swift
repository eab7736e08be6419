import Foundation
import TactusTestSupport
import Testing

extension OnMachine {
  @Suite("The units")
  struct SandboxTests {
    @Test("systemd-analyze finds no fault in the units and a low exposure")
    func analysis() async throws {
      let machine = try await ServiceLab.installed()
      for arguments in [
        ["verify", "tactusd.service", "tactusd.socket"],
        ["verify", "--user", "/usr/lib/systemd/user/tactusd.service", "/usr/lib/systemd/user/tactusd.socket"],
      ] {
        let verified = try await machine.run(["env", "XDG_RUNTIME_DIR=/run", "systemd-analyze"] + arguments)
        #expect(verified.code == 0 && verified.output + verified.errors == "", "\(verified)")
      }
      let report = try await machine.shell("systemd-analyze security --no-pager tactusd")
      let exposure = report.firstMatch(of: /Overall exposure level for tactusd\.service: ([0-9.]+)/).flatMap {
        Double($0.1)
      }
      #expect(try #require(exposure) <= 2.5, "\(report)")
    }

    @Test("lintian finds no error and no warning in the package")
    func lintian() throws {
      let lintian = Process()
      lintian.executableURL = URL(filePath: "/usr/bin/lintian")
      lintian.arguments = ["--allow-root", "--fail-on=error,warning", ServiceLab.package]
      let output = Pipe()
      lintian.standardOutput = output
      lintian.standardError = output
      try lintian.run()
      let findings = String(decoding: output.fileHandleForReading.rest(), as: UTF8.self)
      lintian.waitUntilExit()
      #expect(lintian.terminationStatus == 0, "\(findings)")
    }

    /// Scripts that must each exit with 0.
    private static let work = [
      "test -w \"$HOME\" && cd && echo text >file && tar -cf file.tar file && tar -xOf file.tar | grep -q text",
      "file=$(mktemp) && test -w \"$file\"",
      "test \"$(umask)\" = 0022",
      "nice -n 5 true && ionice -c 3 true && setsid true && timeout 5 true",
      "exec 9>\"$HOME/lock\" && flock 9 true",
      "perl -e 'fork; exit 0'",
      "getent hosts localhost >/dev/null",
      "test \"$(nproc)\" -gt 0 && head -c 8 /dev/urandom >/dev/null && grep -q MemTotal /proc/meminfo",
      "logger --tag work-of-a-job hello",
      "busctl --no-pager list >/dev/null",
      // Pagers, ssh and editors need these devices, even if they fail without a terminal.
      "test -c /dev/tty && test -d /dev/pts && test -d /dev/shm",
    ]

    @Test("The usual work of jobs succeeds in the sandbox")
    func everydayWork() async throws {
      let machine = try await ServiceLab.installed()
      for (number, line) in Self.work.enumerated() {
        try await machine.write("/srv/work-\(number)", "#!/bin/sh\n\(line)\n", mode: "0755")
        try await machine.define("work-\(number)", "[Command]\nExec=/srv/work-\(number)\n")
      }
      try await machine.shell("systemctl reload tactusd")
      for (number, line) in Self.work.enumerated() {
        let ran = try await machine.control("run", "work-\(number)", "--follow")
        #expect(ran.code == 0, "\(line): \(ran)")
      }
      #expect(try await machine.journal("--identifier=work-of-a-job").map(\.message) == ["hello"])
    }

    @Test("The sandbox refuses what jobs do not need")
    func refusedWork() async throws {
      let machine = try await ServiceLab.installed()
      for line in [
        "touch /etc/file", "touch /usr/bin/file", "touch /srv/file", "mount -t tmpfs tmpfs /tmp", "unshare --user true",
        "chmod u+s \"$(mktemp)\"", "ls /root", "cat /proc/kmsg", "dmesg", "hostname other", "cat /etc/shadow",
      ] {
        try await machine.write("/srv/work", "#!/bin/sh\n\(line)\n", mode: "0755")
        try await machine.write("/srv/work.workflow", "[Command]\nExec=/srv/work\n")
        try await machine.control("apply", "/srv/work.workflow").expectSuccess()
        #expect(try await machine.control("run", "work", "--wait").code == 1, "\(line)")
      }
    }

    @Test("The polkit rule is inactive until it is enabled, and then applies only to the user tactus")
    func polkit() async throws {
      let machine = try await ServiceLab()
      try await machine.install()
      func startUnit(_ name: String, as user: String) async throws -> Int {
        try await machine.run(
          ["systemd-run", "--quiet", "--wait", "--no-ask-password", "--unit=\(name)", "true"], as: user
        ).code
      }
      #expect(try await startUnit("tactus-before", as: "tactus") != 0)
      try await machine.shell("ln -s /usr/share/tactus/polkit/tactus.rules /etc/polkit-1/rules.d/50-tactus.rules")
      _ = try await eventually("polkit has read the rule") {
        try await startUnit("tactus-one", as: "tactus") == 0 ? true : nil
      }
      for user in ["tactus-job", "nobody"] {
        #expect(try await startUnit("tactus-two", as: user) != 0, "\(user)")
      }
      // Of existing units, the rule covers only those with names of Tactus.
      let stop = try await machine.run(["systemctl", "stop", "--no-ask-password", "dbus.socket"], as: "tactus")
      #expect(stop.code != 0)
    }
  }
}
