import Foundation
import Glibc
import TactusModel
import TactusProtocol
import TactusStore
import TactusTestSupport
import Testing

/// Files of the state directory that are missing, replaced by links, or removed while the daemon runs.
@Suite("Files of the state directory")
struct StateFileTests {
  private static let echo = ["work": "[Command]\nExec=/bin/echo hello\n"]

  @Test("The daemon and --verify refuse a -wal file whose store is missing, and change no file")
  func missing() async throws {
    let daemon = try await RunningDaemon(Self.echo)
    _ = try await daemon.outcome(of: "work")
    try await daemon.kill()
    for (name, isEmpty) in [("tactus.db", false), ("tactus.db", true), ("logs.db", false), ("logs.db", true)] {
      let (path, away) = ("\(daemon.state)/\(name)", "\(daemon.directory)/away")
      let log = try Data(contentsOf: URL(filePath: "\(path)-wal"))
      #expect(log.count > 4096)
      try FileManager.default.moveItem(atPath: path, toPath: away)
      if isEmpty { try Data().write(to: URL(filePath: path)) }
      await #expect { try await daemon.start() } throws: { "\($0)".contains("\(path)-wal holds") }
      let verified = try await daemon.check("--verify")
      #expect(verified.code == 1 && verified.complaints.contains("\(path)-wal holds"), "\(verified)")
      #expect(try Data(contentsOf: URL(filePath: "\(path)-wal")) == log)
      #expect(FileManager.default.fileExists(atPath: path) == isEmpty)
      unlink(path)
      try FileManager.default.moveItem(atPath: away, toPath: path)
    }
    try await daemon.start()
    #expect(try await daemon.jobs("work", .completed).count == 1)
    #expect(try await daemon.stop() == 0)
  }

  @Test("The daemon refuses to start with the output of a missing store, or of another store")
  func strangers() async throws {
    let daemon = try await RunningDaemon(Self.echo)
    let other = try await RunningDaemon(Self.echo)
    for each in [daemon, other] {
      _ = try await each.outcome(of: "work")
      #expect(try await each.stop() == 0)
    }
    let (path, away) = ("\(daemon.state)/tactus.db", "\(daemon.directory)/away")
    try FileManager.default.moveItem(atPath: path, toPath: away)
    await #expect { try await daemon.start() } throws: { "\($0)".contains("logs.db has output of its jobs") }
    #expect(!FileManager.default.fileExists(atPath: path))
    try FileManager.default.moveItem(atPath: away, toPath: path)
    unlink("\(daemon.state)/logs.db")
    try FileManager.default.copyItem(atPath: "\(other.state)/logs.db", toPath: "\(daemon.state)/logs.db")
    await #expect { try await daemon.start() } throws: { "\($0)".contains("belongs to another store") }
  }

  @Test(
    "The daemon does not follow a link in the place of one of its files",
    arguments: ["lock", "tactus.db", "tactus.db-wal", "tactus.db-shm", "logs.db", "logs.db-wal"])
  func links(name: String) async throws {
    let daemon = try await RunningDaemon(Self.echo)
    #expect(try await daemon.stop() == 0)
    let target = "\(daemon.directory)/target"
    try Data("precious".utf8).write(to: URL(filePath: target))
    #expect(chmod(target, 0o644) == 0)
    unlink("\(daemon.state)/\(name)")
    try FileManager.default.createSymbolicLink(atPath: "\(daemon.state)/\(name)", withDestinationPath: target)
    await #expect { try await daemon.start() } throws: { "\($0)".contains("\(daemon.state)/\(name)") }
    #expect(try Data(contentsOf: URL(filePath: target)) == Data("precious".utf8))
    var status = stat()
    #expect(stat(target, &status) == 0 && status.st_mode & 0o777 == 0o644)
  }

  @Test(
    "If a file of the store is removed, the daemon acknowledges nothing, and status and doctor report it",
    arguments: ["tactus.db", "tactus.db-wal", "lock", "."])
  func takenAway(name: String) async throws {
    let daemon = try await RunningDaemon(Self.echo)
    _ = try await daemon.outcome(of: "work")
    let (path, away) = (name == "." ? daemon.state : "\(daemon.state)/\(name)", "\(daemon.directory)/away")
    try FileManager.default.moveItem(atPath: path, toPath: away)
    let named = name == "." ? "tactus.db" : name
    await #expect { try await daemon.run("work") } throws: { "\($0)".contains("\(named) was removed or moved away") }
    #expect(try await daemon.call(Describe()).state == .degraded)
    let (status, doctor) = (try await daemon.control("status"), try await daemon.control("doctor"))
    #expect(status.output.contains("\(named) was removed or moved away"), "\(status)")
    #expect(doctor.code == 1 && doctor.output.contains("was removed or moved away"), "\(doctor)")
    try FileManager.default.moveItem(atPath: away, toPath: path)
    #expect(try await daemon.outcome(of: "work").status == .completed)
    #expect(try await daemon.call(Describe()).state == .running)
    #expect(try await daemon.stop() == 0)
  }

  @Test("doctor reports that the store or the output of an idle daemon was deleted")
  func idle() async throws {
    let daemon = try await RunningDaemon(Self.echo)
    for name in ["logs.db", "tactus.db"] {
      try FileManager.default.removeItem(atPath: "\(daemon.state)/\(name)")
      let doctor = try await daemon.control("doctor")
      #expect(doctor.code == 1 && doctor.output.contains("\(name) was removed"), "\(doctor)")
      #expect(try await daemon.call(Describe()).state == .degraded)
    }
    #expect(try await daemon.stop() == 0)
  }

  @Test("Output that a job prints while another program locks logs.db is stored after the lock")
  func lockedOutput() async throws {
    let daemon = try RunningDaemon(notStartedWith: [:])
    let script = try daemon.script("lines", "for i in 1 2 3 4 5 6 7 8 9 10; do echo line $i; done; touch written")
    try daemon.define("lines", "[Command]\nExec=\(script)\n")
    try await daemon.start()
    let python = Program(path: "/usr/bin/env", environment: Program.baseEnvironment)
    let lock = """
      import os, sqlite3, time
      logs = sqlite3.connect('\(daemon.state)/logs.db', isolation_level=None)
      logs.execute('BEGIN IMMEDIATE')
      open('\(daemon.directory)/locked', 'w').write('x')
      while not os.path.exists('\(daemon.directory)/go'): time.sleep(0.05)
      logs.execute('ROLLBACK')
      """
    async let locker = python.run(["python3", "-c", lock])
    _ = try await daemon.text(of: "locked")
    let id = try await daemon.run("lines")
    _ = try await eventually("the daemon is degraded") {
      try await daemon.call(Describe()).state == .degraded ? true : nil
    }
    let (status, doctor) = (try await daemon.control("status"), try await daemon.control("doctor"))
    #expect(status.output.contains("database is locked"), "\(status)")
    #expect(doctor.code == 1 && doctor.output.contains("database is locked"), "\(doctor)")
    #expect(!(try await daemon.job(id).status.isTerminal))
    try daemon.write("go", "")
    #expect(try await locker.code == 0)
    let job = try await daemon.ended(id)
    #expect(job.status == .completed && job.logDroppedBytes == 0)
    let lines = try await daemon.output(of: id).compactMap { $0.text }
    #expect(lines == (1...10).map { "line \($0)" })
    #expect(try await daemon.call(Describe()).state == .running)
    #expect(try await daemon.stop() == 0)
  }
}
