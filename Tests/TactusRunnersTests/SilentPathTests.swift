import Glibc
import Synchronization
import TactusLinux
import TactusModel
import TactusPorts
import TactusRunners
import TactusTestSupport
import Testing

@Suite("Commands whose paths do not answer", .enabled(if: Laboratory.isPossible))
struct SilentPathTests {
  private static let stranger = Account(
    name: "stranger", user: 54_321, group: 54_322, groups: [54_322], home: "/nonexistent")

  @Test(
    "A program that does not answer is given up after 5 s, costs one thread however often it is wanted, and never runs",
    arguments: [CommandUser(.own), CommandUser(.account(Self.stranger))])
  func program(_ user: CommandUser) async throws {
    let mount = try await SilentMount()
    let fixture = ProcessFixture(user: user)
    #expect(await fixture.start(["\(mount.directory)/program"]).ended()?.ending == .succeeded)
    #expect(mount.runs == 1)
    try await mount.silence()
    let first = fixture.start(["\(mount.directory)/program"])
    try await mount.awaitRequest()
    // Others do not notice.
    for _ in 0..<20 { #expect(await fixture.start(["/bin/true"]).ended()?.ending == .succeeded) }
    #expect(
      await first.ended()?.ending
        == .failed(.dispatchExhausted, "Exec=\(mount.directory)/program: no answer within 5 s"))
    for _ in 0..<50 {
      let ending = await fixture.start(["\(mount.directory)/program"]).ended()?.ending
      guard case .failed(.dispatchExhausted, let sentence) = ending else {
        Issue.record("\(String(describing: ending))")
        continue
      }
      #expect(sentence.hasPrefix("Exec=\(mount.directory)/program: no answer since 2"))
    }
    #expect(fixture.lookout.errands.underWay == 1)
    #expect(fixture.lookout.silentPaths.all.map(\.use) == ["Exec=\(mount.directory)/program of workflow nightly"])
    try await mount.speak()
    _ = try await eventually("the child is let go") { fixture.lookout.silentPaths.all.isEmpty ? true : nil }
    #expect(mount.runs == 1)
    #expect(await fixture.start(["\(mount.directory)/program"]).ended()?.ending == .succeeded)
    #expect(mount.runs == 2)
  }

  @Test("A directory, a file of variables and a secret that do not answer are named")
  func others() async throws {
    let mount = try await SilentMount()
    let secrets = TemporaryFile(named: "secrets")
    let fixture = ProcessFixture(credentials: secrets.path)
    try await mount.silence()
    let commands = [
      (
        Command(arguments: ["/bin/true"], workingDirectory: "\(mount.directory)/folder"),
        "WorkingDirectory=\(mount.directory)/folder", 5
      ),
      (
        Command(arguments: ["/bin/true"], environmentFiles: [EnvironmentFile(path: "\(mount.directory)/variables")]),
        "EnvironmentFile=\(mount.directory)/variables", 2
      ),
      (
        Command(arguments: ["/bin/true"], credentials: [Credential(name: "key", path: "\(mount.directory)/secret")]),
        "LoadCredential=key:\(mount.directory)/secret", 2
      ),
    ]
    let attempts = commands.map { fixture.start($0.0) }
    for (attempt, (_, words, seconds)) in zip(attempts, commands) {
      #expect(
        await attempt.ended()?.ending == .failed(.dispatchExhausted, "\(words): no answer within \(seconds) s"))
    }
    #expect(fixture.lookout.silentPaths.all.count == 3)
    try await mount.speak()
    _ = try await eventually("the calls return") { fixture.lookout.silentPaths.all.isEmpty ? true : nil }
    for (command, words, _) in commands {
      #expect(await fixture.start(command).ended()?.ending == .succeeded, "\(words)")
    }
  }

  @Test("A stop of what waits for its program is not waited for longer than any other stop")
  func stop() async throws {
    let mount = try await SilentMount()
    let fixture = ProcessFixture()
    try await mount.silence()
    let attempt = fixture.start(["\(mount.directory)/program"])
    try await mount.awaitRequest()
    fixture.runner.cancelStart(attempt.id)
    guard case .failed(.dispatchExhausted, let sentence) = await attempt.ended()?.ending else {
      Issue.record("it did not end by that")
      return
    }
    #expect(sentence.hasPrefix("Exec=\(mount.directory)/program: no answer within "))
    #expect(!sentence.hasSuffix("within 5 s"), "\(sentence)")
  }
}
