import Foundation
import Glibc
import TactusLinux
import TactusModel
import TactusPorts
import TactusTestSupport
import Testing

@testable import TactusRunners

@Suite("ProcessRunner: secrets and files of variables")
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

  @Test("a job finds its secrets as files of its own, readable only, and they are gone with it")
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

  @Test("another user's job reads them by its group, and nobody else can", .enabled(if: geteuid() == 0))
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

  @Test("what cannot be read is refused with the file and who has to be able to read it, and leaves nothing")
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
        == "LoadCredential=a: tactusd was given no credentials itself: write LoadCredential=a:/path, or add LoadCredential=a:/path to its unit"
    )
    #expect(
      await sentence([Credential(name: "a", path: files.directory)])
        == "LoadCredential=a: cannot read \(files.directory): Is a directory")
    mkfifo("\(files.directory)/fifo", 0o600)
    #expect(
      await sentence([Credential(name: "a", path: "\(files.directory)/fifo")])
        == "LoadCredential=a: cannot read \(files.directory)/fifo, which is no regular file: Invalid argument")
    // One that cannot be started leaves nothing either.
    let missing = Command(arguments: ["/no/such"], credentials: [good])
    #expect(await fixture.start(missing).ended()?.ending.code == .validationError)
    #expect(try left().isEmpty)
    let denial = SystemError(code: EACCES, operation: "open", subject: "x")
    #expect(InputReader().choice.sentence(for: denial).contains("whom tactusd"))
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
    #expect(tooMuch.code == .validationError && "\(tooMuch)".contains("are larger than 1024 KiB together"))
    #expect(try left().isEmpty)
  }

  @Test("what a dead daemon left is removed at the next start, and what a live job has is not")
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

  @Test("variables of files come before those of the definition; one that may be missing is passed over")
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

  @Test("a file of variables that cannot be read or understood is named, its text is not")
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
