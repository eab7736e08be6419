import Glibc
import TactusLinux
import TactusModel
import TactusPorts
import TactusTestSupport
import Testing

@testable import TactusRunners

@Suite("ProcessRunner: another user")
struct ProcessUserTests {
  /// Returns an account with ids of no account on the machine, so that no other process or file has them.
  private static func stranger(home: String = "/nonexistent") -> Account {
    Account(name: "stranger", user: 54_321, group: 54_322, groups: [54_322], home: home)
  }

  private static func fixture(home: String = "/nonexistent", cgroupRoot: String? = nil) -> ProcessFixture {
    ProcessFixture(
      cgroupRoot: cgroupRoot,
      user: CommandUser(
        .account(stranger(home: home)),
        hints: [.noRight: "it may neither read nor write", .readOnly: "it may write nowhere"]))
  }

  @Test("A job runs as the account, in its home, with the variables of a login", .enabled(if: geteuid() == 0))
  func account() async throws {
    let home = TemporaryFile()
    #expect(chmod(home.directory, 0o755) == 0)
    let fixture = Self.fixture(home: home.directory)
    let attempt = fixture.shell("id -u; id -g; id -G; pwd; echo $HOME $USER $LOGNAME $SHELL $LANG")
    #expect(await attempt.ended()?.ending == .succeeded)
    let path = home.directory
    #expect(fixture.text(of: attempt.id) == "54321\n54322\n54322\n\(path)\n\(path) stranger stranger /bin/sh C\n")
    let homeless = Self.fixture()
    let other = homeless.start(Command(arguments: ["/bin/sh", "-c", "pwd; echo $HOME"], environment: ["HOME=/tmp"]))
    #expect(await other.ended()?.ending == .succeeded)
    #expect(homeless.text(of: other.id) == "/\n/tmp\n")
  }

  @Test("Its standard streams can be opened again by name", .enabled(if: geteuid() == 0))
  func streams() async throws {
    let fixture = Self.fixture()
    let attempt = fixture.shell("echo out >/dev/stdout; echo error >/dev/stderr; echo more >>/proc/self/fd/1")
    #expect(await attempt.ended()?.ending == .succeeded)
    #expect(fixture.text(of: attempt.id) == "out\nmore\n" && fixture.text(of: attempt.id, .stderr) == "error\n")
  }

  @Test("It is stopped with all its processes, by session and by control group", .enabled(if: geteuid() == 0))
  func stopped() async throws {
    let parent = ControlGroup.own().flatMap { access("\($0.path)/cgroup.procs", W_OK) == 0 ? $0 : nil }
    for root in [nil, parent?.path] {
      let fixture = Self.fixture(cgroupRoot: root)
      let attempt = fixture.shell("trap '' TERM; setsid sleep 600 & echo $!; echo ready; while :; do sleep 1; done")
      await fixture.sink.wait(for: "ready", from: attempt.id)
      fixture.runner.terminate(attempt.id)
      fixture.runner.kill(attempt.id)
      let (ending, _) = try #require(await attempt.ended())
      #expect(ending.code == .signaled)
      #expect(fixture.living(attempt.id).isEmpty)
    }
  }

  @Test(
    "A denied access in its last lines is reported with a hint", .enabled(if: geteuid() == 0))
  func hints() async throws {
    let fixture = Self.fixture()
    let file = TemporaryFile(named: "secret")
    Descriptor.close(try Descriptor.open(file.path, O_WRONLY | O_CREAT, mode: 0o700))
    let denied = try #require(await fixture.shell("echo a >\(file.path)").ended()).ending
    #expect(
      denied
        == .failed(
          .exitNonzero, "exited with code 2. Its last output says \"Permission denied\": it may neither read nor write")
    )
    let readOnly = try #require(await fixture.shell("echo x: Read-only file system; exit 4").ended()).ending
    #expect(
      readOnly
        == .failed(
          .exitNonzero, "exited with code 4. Its last output says \"Read-only file system\": it may write nowhere"))
    let early = fixture.shell("echo Permission denied; for n in 1 2 3; do echo $n; done; exit 3")
    #expect(await early.ended()?.ending == .failed(.exitNonzero, "exited with code 3"))
    // Jobs of the daemon's own user get no hint.
    let own = ProcessFixture()
    #expect(
      await own.shell("echo Read-only file system; exit 3").ended()?.ending
        == .failed(.exitNonzero, "exited with code 3"))
  }

  @Test("An obstacle in front of a program, or of its directory, is named", .enabled(if: geteuid() == 0))
  func obstacles() async throws {
    let fixture = Self.fixture()
    let file = TemporaryFile(named: "secret")
    Descriptor.close(try Descriptor.open(file.path, O_WRONLY | O_CREAT, mode: 0o744))
    func message(_ path: String, directory: String? = nil) async -> String? {
      guard
        case .failed(.validationError, let message) = await fixture.start([path], directory: directory).ended()?.ending
      else { return nil }
      return message
    }
    let end = ". Set Runner=systemd and User= to run it as another user"
    let closed =
      "stranger may not enter \(file.directory) (mode 700, root:root). Open it to stranger, or use another place"
    #expect(await message(file.path) == "cannot execute \(file.path): Permission denied, because \(closed)\(end)")
    // Also through a link: the directory of its target is the closed one.
    let link = TemporaryFile(named: "link")
    #expect(chmod(link.directory, 0o755) == 0 && symlink(file.path, link.path) == 0)
    #expect(await message(link.path) == "cannot execute \(link.path): Permission denied, because \(closed)\(end)")
    #expect(
      await message("/bin/true", directory: file.directory)
        == "cannot enter directory \(file.directory): Permission denied, because \(closed)\(end)")
    #expect(chmod(file.directory, 0o755) == 0)
    #expect(
      await message(file.path)
        == "cannot execute \(file.path): Permission denied, because stranger may not execute it "
        + "(mode 744, root:root). Run chmod a+rx \(file.path), for example\(end)")
    #expect(
      await message(file.directory)
        == "cannot execute \(file.directory): Permission denied, because it is not a regular file\(end)")
    // A script may be executable while its interpreter is not.
    let script = TemporaryFile(named: "script")
    let descriptor = try Descriptor.open(script.path, O_WRONLY | O_CREAT, mode: 0o755)
    let line = Array("#!\(file.path)\n".utf8)
    #expect(write(descriptor, line, line.count) == line.count)
    Descriptor.close(descriptor)
    #expect(chmod(script.directory, 0o755) == 0)
    #expect(
      await message(script.path)
        == "cannot execute \(script.path): Permission denied. The modes on its path allow it. "
        + "Check access control lists, security modules and the interpreter of a script\(end)")
  }

  @Test("Commands that no account may run are refused with the reason")
  func nobody() async throws {
    let fixture = ProcessFixture(user: CommandUser(.nobody("commands cannot run here: no account")))
    #expect(
      await fixture.start(["/bin/true"]).ended()?.ending
        == .failed(.validationError, "commands cannot run here: no account"))
    fixture.runner.run(as: CommandUser(.own))
    #expect(await fixture.start(["/bin/true"]).ended()?.ending == .succeeded)
  }

  @Test("An orphan of another user is found by its process, and ended", .enabled(if: geteuid() == 0))
  func orphan() async throws {
    let past = Self.fixture()
    let attempt = past.shell("trap '' TERM; echo ready; while :; do sleep 600; done")
    let facts = await attempt.started()
    await past.sink.wait(for: "ready", from: attempt.id)
    let fixture = Self.fixture()
    let (events, continuation) = AsyncStream.makeStream(of: RunnerEvent.self)
    let remnant = Remnant(
      id: attempt.id, kind: .command, queue: QueueName(builtIn: .command), fence: 1, status: .running,
      bootID: try Machine.bootID(), facts: facts, stopReason: nil)
    let found = await withCheckedContinuation { answer in
      fixture.runner.recover(remnant) {
        continuation.yield($0)
      } answer: {
        answer.resume(returning: $0)
      }
    }
    #expect(found == .orphan)
    fixture.runner.kill(attempt.id)
    for await event in events {
      guard case .ended(let ending, _) = event else { continue }
      #expect(ending.code == .lost)
      break
    }
    #expect(fixture.living(attempt.id).isEmpty)
    _ = await attempt.ended()
  }
}
