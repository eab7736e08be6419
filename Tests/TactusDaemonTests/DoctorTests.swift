import Foundation
import TactusLinux
import TactusModel
import TactusProtocol
import Testing

@Suite("tactusctl doctor")
struct DoctorTests {
  private func diagnosis(_ check: String, of daemon: RunningDaemon) async throws -> Diagnosis {
    let diagnoses = try await daemon.call(Examine()).diagnoses
    return try #require(diagnoses.first { $0.check == check }, "\(diagnoses.map(\.check))")
  }

  @Test("doctor finds no problem on a sound machine, and reports wrong modes with their cure")
  func permissions() async throws {
    let daemon = try await RunningDaemon()
    let sound = try await daemon.control("doctor")
    #expect(sound.code == 0, "\(sound.output)\(sound.complaints)")
    #expect(sound.output.contains("0 problems"))
    #expect(sound.output.split(separator: "\n").contains { $0.hasPrefix("ok       sqlite") })
    #expect(try await diagnosis("storage", of: daemon).message.contains("ms"))
    #expect(try await diagnosis("engines", of: daemon).message.contains("container engine"))

    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: daemon.state)
    try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: "\(daemon.configuration)/workflows")
    #expect(try await diagnosis("state", of: daemon).cure == "Run chmod 0700 \(daemon.state)")
    #expect(try await diagnosis("files", of: daemon).cure == "Run chmod o-w \(daemon.configuration)/workflows")
    let sick = try await daemon.control("doctor")
    #expect(sick.code == 1 && sick.output.contains("2 problems"), "\(sick.output)")
    // The test of the disk left no file behind.
    #expect(try FileManager.default.contentsOfDirectory(atPath: daemon.state).allSatisfy { !$0.hasPrefix(".sync") })
    #expect(try await daemon.stop() == 0)
  }

  @Test("doctor reports settings that the next start would refuse, with file and line")
  func settings() async throws {
    let daemon = try await RunningDaemon(settings: "[Manager]\nStopTimeout=10s\n")
    #expect(try await diagnosis("settings", of: daemon).state == .ok)
    try daemon.write("etc/tactusd.conf", "[Manager]\nStopTimeot=10s\n")
    try daemon.write("etc/tactusd.conf.d/50-groups.conf", "[Manager]\n\nCgroupRoot=/nowhere\nAdminGroup=a:b\n")
    let settings = try await diagnosis("settings", of: daemon)
    #expect(settings.state == .problem)
    #expect(
      settings.message.hasPrefix(
        "the next start of tactusd would fail with status 78: tactusd.conf:2: StopTimeot= is not a key of [Manager]"),
      "\(settings)")
    #expect(settings.message.contains("; tactusd.conf.d/50-groups.conf:4: AdminGroup=a:b"), "\(settings)")
    let sick = try await daemon.control("doctor")
    #expect(sick.code == 1 && sick.output.contains("1 problem") && sick.output.contains("StopTimeot="), "\(sick)")
    // The next start does refuse them.
    #expect(try await daemon.stop() == 0)
    #expect(try await daemon.check().code == 78)
  }

  @Test("doctor reports a state directory in memory, and an unavailable container engine")
  func surroundings() async throws {
    let memory = "/dev/shm/tactus-test-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: memory) }  // a leftover there fails no test
    let daemon = try RunningDaemon(notStartedWith: [:], variables: ["STATE_DIRECTORY": memory])
    try daemon.write("etc/providers/far.provider", "[Provider]\nEndpoint=unix:///nowhere/engine.sock\n")
    try await daemon.start()
    let storage = try await diagnosis("storage", of: daemon)
    #expect(storage.state == .warning && storage.message.contains("is in memory"))
    let engines = try await diagnosis("engines", of: daemon)
    #expect(engines.state == .warning && engines.message.contains("far does not answer: "), "\(engines)")
    #expect(try await daemon.stop() == 0)
  }
}
