internal import Foundation

/// The container engine that does wrong what it is told to: `Tests/engines/fake`.
public final class FakeEngine: Sendable {
  /// Where it listens.
  public let socket: String
  private let process: Process
  private let input: FileHandle

  /// It did not start.
  public struct Failed: Error {}

  /// Starts one.
  public init() throws {
    // A socket's path has 107 bytes at most.
    socket = "/tmp/tactus-fake-\(UUID().uuidString.prefix(8)).sock"
    process = Process()
    process.executableURL = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "engines/fake")
    process.arguments = [socket]
    let (toFake, fromFake) = (Pipe(), Pipe())
    process.standardInput = toFake
    process.standardOutput = fromFake
    input = toFake.fileHandleForWriting
    try process.run()
    guard fromFake.fileHandleForReading.readData(ofLength: 6) == Data("ready\n".utf8) else { throw Failed() }
  }

  deinit {
    // Ends it, whatever it is doing.
    try? input.close()
    process.waitUntilExit()
    // A socket that is left in /tmp fails no test.
    try? FileManager.default.removeItem(atPath: socket)
  }

  /// Stops it where it is, as a machine does that is out of memory.
  public func freeze() { _ = process.suspend() }

  /// Lets it go on.
  public func thaw() { _ = process.resume() }

  /// What it counted: `starts`, `waits`, `left`; by the container's name.
  public func counts(_ what: String) throws -> [String: Int] {
    let curl = Process()
    curl.executableURL = URL(filePath: "/usr/bin/curl")
    curl.arguments = ["--silent", "--unix-socket", socket, "http://fake/\(what)"]
    let output = Pipe()
    curl.standardOutput = output
    try curl.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    curl.waitUntilExit()
    return try JSONDecoder().decode([String: Int].self, from: data)
  }
}
