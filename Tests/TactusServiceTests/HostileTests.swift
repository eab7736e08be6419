import Foundation
import Testing

extension OnMachine {
  @Suite("A hostile command")
  struct HostileTests {
    /// Tries everything that a job must not be able to do, and prints each attempt that succeeds.
    private static let attack = """
      try() { name=$1; shift; if "$@" >/dev/null 2>&1; then echo "BREACH $name"; fi; }
      daemon=$(cat /srv/daemon)
      try store cat /var/lib/tactus/tactus.db
      try store-list ls /var/lib/tactus
      try output cat /var/lib/tactus/logs.db
      try pipes ls /var/lib/tactus/pipes
      try secret cat /etc/tactus/secret
      try definitions ls /etc/tactus/workflows
      try credentials sh -c 'cat /run/tactus/credentials/*/*'
      try environment cat /proc/$daemon/environ
      try memory cat /proc/$daemon/mem
      try descriptors ls /proc/$daemon/fd
      try signal-0 kill -0 $daemon
      try signal-term kill -TERM $daemon
      try signal-kill kill -KILL $daemon
      try cancel tactusctl terminate victim
      try run tactusctl run victim
      try apply tactusctl apply /srv/evil.workflow
      try reload tactusctl reload
      try read-logs tactusctl logs $(cat /srv/job)
      try definition tactusctl cat victim
      try events tactusctl events
      try unit systemd-run --quiet --wait /bin/true
      try unit-call busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager StartUnit ss rescue.service replace
      try transient busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager StartTransientUnit 'ssa(sv)a(sa(sv))' evil.service fail 1 Description s evil 0
      try stop systemctl stop tactusd
      try become-root sudo -n true
      try setuid setpriv --reuid=0 true
      try become-daemon setpriv --reuid=tactus true
      try notify systemd-notify --pid=$daemon STOPPING=1
      try cgroup sh -c 'echo $$ >/sys/fs/cgroup/unified/cgroup.procs || echo $$ >/sys/fs/cgroup/cgroup.procs'
      try write-etc touch /etc/tactus/workflows/evil.workflow
      try socket rm -f /run/tactus/control.sock
      id -un
      grep -E '^Cap(Prm|Eff|Amb)' /proc/self/status
      """

    @Test(
      "Even with the polkit rule, a hostile command cannot reach the store, keys, the daemon, its socket or systemd")
    func attack() async throws {
      let machine = try await ServiceLab.installed(workflows: [
        "victim": "[Command]\nExec=/bin/echo secret output\nRunner=direct\n",
        "attack": "[Command]\nExec=/bin/sh /srv/attack\nRunner=direct\n",
        "keeper": "[Command]\nExec=/bin/sleep 600\nRunner=direct\nLoadCredential=key:/etc/tactus/secret\n",
      ])
      try await machine.shell(
        """
        ln -s /usr/share/tactus/polkit/tactus.rules /etc/polkit-1/rules.d/50-tactus.rules
        install -m 0440 -o root -g tactus /dev/null /etc/tactus/secret
        echo hunter2 >/etc/tactus/secret
        printf '[Command]\\nExec=/bin/true\\n' >/srv/evil.workflow
        """)
      try await machine.write("/srv/attack", Self.attack)
      try await machine.control("run", "victim", "--wait").expectSuccess()
      try await machine.control("run", "keeper").expectSuccess()
      let victim = try #require(try await machine.jobs("--workflow=victim").first)
      let daemon = try await machine.daemonProcess
      try await machine.shell("echo \(daemon) >/srv/daemon; echo \(victim.id) >/srv/job")
      let ran = try await machine.control("run", "attack", "--wait", "--follow")
      let lines = ran.output.split(separator: "\n").map(String.init)
      #expect(lines.contains("tactus-job"), "\(ran.output)\(ran.errors)")
      #expect(!lines.contains { $0.hasPrefix("BREACH") }, "\(ran.output)")
      #expect(lines.count { $0.hasSuffix("0000000000000000") } == 3, "the command has a capability: \(ran.output)")

      #expect(try await machine.daemonProcess == daemon)
      #expect(try await machine.jobs("--workflow=victim").count == 1)
      try await machine.verify()
    }
  }
}
