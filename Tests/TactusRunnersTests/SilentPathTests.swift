import Glibc
import Synchronization
import TactusLinux
import TactusModel
import TactusPorts
import TactusRunners
import TactusTestSupport
import Testing

@Suite("Commands with silent paths", .enabled(if: Laboratory.isPossible))
struct SilentPathTests {
  private static let stranger = Account(
    name: "stranger", user: 54_321, group: 54_322, groups: [54_322], home: "/nonexistent")

  @Test(
    "A silent program is given up after 5 s, costs one thread however often it is needed, and never runs",
    arguments: [CommandUser(.own), CommandUser(.account(Self.stranger))])
  func program(_ user: CommandUser) async throws {
    let mount = try await SilentMount()
    let fixture = ProcessFixture(user: user)
    #expect(await fixture.start(["\(mount.directory)/program"]).ended()?.ending == .succeeded)
    #expect(mount.runs == 1)
    try await mount.silence()
    let first = fixture.start(["\(mount.directory)/program"])
    try await mount.awaitRequest()
    // Other jobs are not affected.
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
    _ = try await eventually("the child is released") { fixture.lookout.silentPaths.all.isEmpty ? true : nil }
    #expect(mount.runs == 1)
    #expect(await fixture.start(["\(mount.directory)/program"]).ended()?.ending == .succeeded)
    #expect(mount.runs == 2)
  }

  @Test("A silent directory, environment file or secret is named")
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

  @Test("A stop of a job that waits for its program takes no longer than any other stop")
  func stop() async throws {
    let (mount, patient) = (try await SilentMount(), try await SilentMount())
    let fixture = ProcessFixture()
    for mount in [mount, patient] { try await mount.silence() }
    // Started first, so that only the stop lets the other one end before it. A busy machine delays both.
    let other = fixture.start(["\(patient.directory)/program"])
    let attempt = fixture.start(["\(mount.directory)/program"])
    try await mount.awaitRequest()
    async let end = {
      _ = await other.ended()
      return ContinuousClock.now
    }()
    fixture.runner.cancelStart(attempt.id)
    guard case .failed(.dispatchExhausted, let sentence) = await attempt.ended()?.ending else {
      Issue.record("it did not end with that error")
      return
    }
    #expect(sentence.hasPrefix("Exec=\(mount.directory)/program: no answer within "))
    let stopped = ContinuousClock.now
    #expect(await stopped < end)
  }
}
