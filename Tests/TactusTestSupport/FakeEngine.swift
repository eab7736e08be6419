internal import Foundation
internal import Glibc

/// A container engine that fails in the way that the image names: `Tests/engines/fake`.
public final class FakeEngine: Sendable {
  /// The path of its socket.
  public let socket: String
  private let lab: Laboratory

  /// Starts an engine.
  public init() async throws {
    // The path of a socket has at most 107 bytes.
    socket = "/tmp/tactus-fake-\(UUID().uuidString.prefix(8)).sock"
    lab = try await Laboratory("engines/fake", [socket], litter: socket)
  }

  /// Suspends the engine, as if its machine were out of memory.
  ///
  /// Returns when all threads have stopped. Until then, on a busy machine, some threads still answer.
  public func freeze() {
    kill(lab.process, SIGSTOP)
    var stopped = siginfo_t()
    while waitid(P_PID, id_t(lab.process), &stopped, WSTOPPED | WNOWAIT) < 0, errno == EINTR {}
  }

  /// Resumes the engine.
  public func thaw() { kill(lab.process, SIGCONT) }

  /// A counter of the engine, by the name of the container: `starts`, `waits` or `left`.
  public func counts(_ what: String) throws -> [String: Int] {
    let curl = Process()
    curl.executableURL = URL(filePath: "/usr/bin/curl")
    curl.arguments = ["--silent", "--unix-socket", socket, "http://fake/\(what)"]
    let output = Pipe()
    curl.standardOutput = output
    try curl.run()
    let data = Data(output.fileHandleForReading.rest())
    curl.waitUntilExit()
    return try JSONDecoder().decode([String: Int].self, from: data)
  }
}
