import Foundation
import Glibc
import TactusLinux
import TactusModel
import TactusPorts
import TactusTestSupport
import Testing

@testable import TactusRunners

@Suite("ProcessRunner: secrets and environment files")
struct CredentialTests {
  private let files = TemporaryFile()

  private func write(_ name: String, _ text: String, mode: Int = 0o600) throws -> String {
    let path = "\(files.directory)/\(name)"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    return path
  }

  private func fixture(user: CommandUser = CommandUser(.own), granted: String? = nil) -> ProcessFixture {
    ProcessFixture(user: user, credentials: "\(files.directory)/credentials", granted: granted)
  }

  private func command(
    _ script: String, environment: [String] = [], files: [EnvironmentFile] = [], credentials: [Credential] = []
  ) -> Command {
    Command(
      arguments: ["/bin/sh", "-c", script], environment: environment, environmentFiles: files,
      credentials: credentials)
  }

  private func left() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "\(files.directory)/credentials")
  }

  @Test("A job finds its secrets in private files, read-only, which are removed with it")
  func found() async throws {
    let granted = try write("token", "granted-secret")
    let fixture = fixture(granted: files.directory)
    let credentials = [
      Credential(name: "pgpass", path: try write("source", "the-secret\n")), Credential(name: "token"),
    ]
    let attempt = fixture.start(
      command(
        "stat -c %a $CREDENTIALS_DIRECTORY $CREDENTIALS_DIRECTORY/*; cat $PGPASSFILE $CREDENTIALS_DIRECTORY/token; echo",
        environment: ["PGPASSFILE=${CREDENTIALS_DIRECTORY}/pgpass", "A=$x${CREDENTIALS_DIRECTOR}"],
        credentials: credentials))
    #expect(await attempt.ended()?.ending == .succeeded)
    #expect(fixture.text(of: attempt.id) == "700\n400\n400\nthe-secret\ngranted-secret\n")
    #expect(try left().isEmpty)
    #expect(granted.hasSuffix("/token"))
  }

  @Test(
    "A job of another user reads its secrets through its group, and no other user can", .enabled(if: geteuid() == 0))
  func otherUser() async throws {
    let account = Account(
      name: "stranger", user: 54_321, group: 54_322, groups: [54_322], home: "/")
    #expect(chmod(files.directory, 0o755) == 0)
    let fixture = fixture(user: CommandUser(.account(account)))
    let attempt = fixture.start(
      command(
        """
        cat $CREDENTIALS_DIRECTORY/a; stat -c '%a %u %g' $CREDENTIALS_DIRECTORY $CREDENTIALS_DIRECTORY/a
        echo b 2>/dev/null >$CREDENTIALS_DIRECTORY/a || echo unwritable; ls $CREDENTIALS_DIRECTORY/.. || echo unlisted
        """, credentials: [Credential(name: "a", path: try write("a", "the-secret\n"))]))
    #expect(await attempt.ended()?.ending == .succeeded)
    #expect(fixture.text(of: attempt.id) == "the-secret\n750 0 54322\n440 0 54322\nunwritable\nunlisted\n")
  }

  @Test("A secret that cannot be read is refused with the file and the user that needs access, and leaves nothing")
  func refused() async throws {
    let fixture = fixture()
    func sentence(_ credentials: [Credential]) async -> String? {
      guard
        case .failed(.validationError, let text) = await fixture.start(
          command("true", credentials: credentials)
        ).ended()?.ending
      else { return nil }
      return text
    }
    let good = Credential(name: "good", path: try write("good", "x"))
    #expect(
      await sentence([good, Credential(name: "a", path: "/no/such")])
        == "LoadCredential=a: cannot open /no/such: No such file or directory")
    #expect(
      await sentence([good, Credential(name: "a")])
        == "LoadCredential=a: tactusd has no credentials of its own. Write LoadCredential=a:/path, or add "
        + "LoadCredential=a:/path to tactusd.service"
    )
    #expect(
      await sentence([Credential(name: "a", path: files.directory)])
        == "LoadCredential=a: cannot read \(files.directory): Is a directory")
    mkfifo("\(files.directory)/fifo", 0o600)
    #expect(
      await sentence([Credential(name: "a", path: "\(files.directory)/fifo")])
        == "LoadCredential=a: cannot read \(files.directory)/fifo, which is not a regular file: Invalid argument")
    // A job that cannot be started also leaves nothing.
    let missing = Command(arguments: ["/no/such"], credentials: [good])
    #expect(await fixture.start(missing).ended()?.ending.code == .validationError)
    #expect(try left().isEmpty)
    let denial = SystemError(code: EACCES, operation: "open", subject: "x")
    #expect(InputReader().choice.sentence(for: denial).contains("the user of tactusd"))
  }

  @Test("The credentials of a job may have 1 MiB and not a byte more")
  func size() async throws {
    let fixture = fixture()
    let half = String(repeating: "x", count: Limits.credentialBytes / 2)
    let a = Credential(name: "a", path: try write("a", half))
    func ending(_ second: String) async throws -> Ending? {
      let b = Credential(name: "b", path: try write("b", second))
      return await fixture.start(command("cat $CREDENTIALS_DIRECTORY/* | wc -c", credentials: [a, b])).ended()?.ending
    }
    #expect(try await ending(half) == .succeeded)
    let tooMuch = try #require(try await ending(half + "x"))
    #expect(tooMuch.code == .validationError && "\(tooMuch)".contains("are larger than 1024 KiB together, including "))
    #expect(try left().isEmpty)
  }

  @Test("Leftovers of a dead daemon are removed at the next start, secrets of a live job are not")
  func sweep() async throws {
    let fixture = fixture()
    let credential = Credential(name: "a", path: try write("a", "s"))
    let attempt = fixture.start(command("echo ready; exec sleep 600", credentials: [credential]))
    await fixture.sink.wait(for: "ready", from: attempt.id)
    let dead = "\(files.directory)/credentials/\(ProcessFixture.newID())"
    try FileManager.default.createDirectory(atPath: dead, withIntermediateDirectories: false)
    try "s".write(toFile: "\(dead)/a", atomically: true, encoding: .utf8)
    fixture.runner.recovered()
    for _ in 0..<3 {
      await withCheckedContinuation { done in fixture.runner.unknown(among: []) { _ in done.resume() } }
    }
    #expect(try left() == ["\(attempt.id)"])
    fixture.runner.kill(attempt.id)
    _ = await attempt.ended()
    #expect(try left().isEmpty)
  }

  @Test("Variables of files come before those of the definition, and an optional missing file is skipped")
  func variables() async throws {
    let fixture = fixture()
    let file = try write("env", "A=file\nB=file\nTACTUS_JOB_ID=stolen\n")
    let attempt = fixture.start(
      command(
        "echo $A $B; [ \"$TACTUS_JOB_ID\" != stolen ]", environment: ["B=own"],
        files: [EnvironmentFile(path: "/no/such", isOptional: true), EnvironmentFile(path: file)]))
    #expect(await attempt.ended()?.ending == .succeeded)
    #expect(fixture.text(of: attempt.id) == "file own\n")
  }

  @Test("An environment file that cannot be read or parsed is named, but its text is not shown")
  func badVariables() async throws {
    let fixture = fixture()
    let bad = try write("bad", "A=1\nthe secret\n")
    let zero = try write("zero", "A=the\0secret\n")
    for (path, sentence) in [
      ("/no/such", "EnvironmentFile=/no/such: cannot open /no/such: No such file or directory"),
      (bad, "EnvironmentFile=\(bad): line 2 is not NAME=value"),
      (zero, "EnvironmentFile=\(zero): line 1 is not NAME=value"),
      (files.directory, "EnvironmentFile=\(files.directory): cannot read \(files.directory): Is a directory"),
    ] {
      let attempt = fixture.start(command("true", files: [EnvironmentFile(path: path)]))
      #expect(await attempt.ended()?.ending == .failed(.validationError, sentence))
    }
  }
}
