import Foundation
import Glibc
import Synchronization
import Testing

/// A real container engine of its own for one test: `Tests/engines/lab`.
final class EngineLab: Sendable {
  /// The engines that are tried.
  enum Kind: String, CaseIterable, Sendable {
    case podman
    case docker
  }

  let socket: String
  private let process: Process
  private let input: FileHandle
  private let output: FileHandle
  private let directory: String

  /// A skipped laboratory is a failure where it must not be skipped.
  static let isPossible: Bool = {
    if getuid() == 0 { return true }
    if ProcessInfo.processInfo.environment["CI"] == "true" { fatalError("the tests of container engines need root") }
    print("SKIPPED: the tests of container engines need root, for namespaces and mounts")
    return false
  }()

  struct Failed: Error, CustomStringConvertible {
    let description: String
  }

  /// Starts an engine with an image `localhost/busybox:1`.
  convenience init(_ kind: Kind) throws { try self.init(arguments: [kind.rawValue]) }

  /// Starts an engine that pulls from a registry on a port of 127.0.0.1.
  convenience init(_ kind: Kind, registry port: Int) throws {
    // dockerd trusts all of 127.0.0.0/8 by itself.
    try self.init(arguments: kind == .podman ? [kind.rawValue, "\(port)"] : [kind.rawValue])
  }

  /// Starts a dockerd that listens on a port of 127.0.0.1, too, with TLS, and wants to see a certificate of ``certificates``.
  convenience init(tlsOn port: Int) throws { try self.init(arguments: ["docker", "\(port)"]) }

  /// The directory with `ca.pem`, `client.pem` and `client-key.pem`.
  var certificates: String { "\(directory)/tls" }

  /// Starts a registry on a port of 127.0.0.1.
  convenience init(registryOn port: Int) throws { try self.init(arguments: ["registry", "\(port)"]) }

  /// The kind, then what comes behind the directory.
  private init(arguments: [String]) throws {
    // A socket's path has 107 bytes at most.
    directory = "/tmp/tactus-lab-\(UUID().uuidString.prefix(8))"
    socket = "\(directory)/engine.sock"
    let program = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "engines/lab")
    process = Process()
    process.executableURL = program
    process.arguments = [arguments[0], directory] + arguments.dropFirst()
    let (toLab, fromLab) = (Pipe(), Pipe())
    process.standardInput = toLab
    process.standardOutput = fromLab
    input = toLab.fileHandleForWriting
    output = fromLab.fileHandleForReading
    try process.run()
    let answer = line()
    guard answer.hasPrefix("ready") else { throw Failed(description: "\(arguments): \(answer)") }
  }

  deinit {
    // Ends the lab, whatever it is doing.
    try? input.close()
    process.waitUntilExit()
    // A directory that is left in /tmp fails no test.
    try? FileManager.default.removeItem(atPath: directory)
  }

  /// Has the lab do something: `kill`, `start`, `stop`, `pause`, `resume`.
  func order(_ command: String) throws {
    input.write(Data("\(command)\n".utf8))
    let answer = line()
    guard answer.hasPrefix("ok") else { throw Failed(description: answer) }
  }

  /// The names of all containers, as the engine itself tells them.
  ///
  /// podman answers with an error while one of them is being removed: then it is asked again.
  func containers() async throws -> [String] {
    try await eventually("\(socket) lists its containers") {
      let ran = try await Program(path: "/usr/bin/curl", environment: Program.baseEnvironment).run([
        "--silent", "--fail", "--unix-socket", socket, "http://engine/v1.41/containers/json?all=1",
      ])
      guard ran.code != Self.refused else { return nil }
      return try JSONDecoder().decode([Container].self, from: Data(ran.output.utf8)).flatMap(\.names)
    }
  }

  /// curl's exit code for a status of 400 or more with `--fail`.
  private static let refused = 22

  private struct Container: Decodable {
    let names: [String]

    enum CodingKeys: String, CodingKey {
      case names = "Names"
    }
  }

  /// What the service has written about itself.
  func log() throws -> String { try String(contentsOfFile: "\(directory)/engine.log", encoding: .utf8) }

  private func line() -> String {
    var bytes: [UInt8] = []
    while let byte = output.readData(ofLength: 1).first, byte != UInt8(ascii: "\n") { bytes.append(byte) }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension RunningDaemon {
  /// Writes a provider's file.
  func provide(_ name: String, endpoint: String, _ lines: String = "") throws {
    try write("etc/providers/\(name).provider", "[Provider]\nEndpoint=\(endpoint)\n\(lines)\n")
  }

  /// Names a real engine as a provider.
  func provide(_ name: String, _ lab: EngineLab, _ lines: String = "") throws {
    try provide(name, endpoint: "unix://\(lab.socket)", lines)
  }
}
