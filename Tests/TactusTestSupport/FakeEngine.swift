internal import Foundation
internal import Glibc

/// The container engine that does wrong what it is told to: `Tests/engines/fake`.
public final class FakeEngine: Sendable {
  /// Where it listens.
  public let socket: String
  private let lab: Laboratory

  /// Starts one.
  public init() async throws {
    // A socket's path has 107 bytes at most.
    socket = "/tmp/tactus-fake-\(UUID().uuidString.prefix(8)).sock"
    lab = try await Laboratory("engines/fake", [socket], litter: socket)
  }

  /// Stops it where it is, as a machine does that is out of memory.
  ///
  /// Returns when it has stopped: until one of its threads gets the signal, on a busy machine, the others answer.
  public func freeze() {
    kill(lab.process, SIGSTOP)
    var stopped = siginfo_t()
    while waitid(P_PID, id_t(lab.process), &stopped, WSTOPPED | WNOWAIT) < 0, errno == EINTR {}
  }

  /// Lets it go on.
  public func thaw() { kill(lab.process, SIGCONT) }

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
