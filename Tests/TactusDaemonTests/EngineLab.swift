import Foundation
import Synchronization
import TactusTestSupport

/// A separate, real container engine for one test, started by `Tests/engines/lab`.
final class EngineLab: Sendable {
  /// The engines under test.
  enum Kind: String, CaseIterable, Sendable {
    case podman
    case docker
  }

  let socket: String
  private let lab: Laboratory
  private let directory: String

  /// Starts an engine with an image `localhost/busybox:1`.
  convenience init(_ kind: Kind) async throws { try await self.init(arguments: [kind.rawValue]) }

  /// Starts an engine that pulls from a registry on a port of 127.0.0.1.
  convenience init(_ kind: Kind, registry port: Int) async throws {
    // dockerd trusts registries in 127.0.0.0/8 by default.
    try await self.init(arguments: kind == .podman ? [kind.rawValue, "\(port)"] : [kind.rawValue])
  }

  /// Starts a dockerd that also listens on a port of 127.0.0.1.
  ///
  /// It requires TLS and a client certificate, see ``certificates``.
  convenience init(tlsOn port: Int) async throws { try await self.init(arguments: ["docker", "\(port)"]) }

  /// The directory with `ca.pem`, `client.pem` and `client-key.pem`.
  var certificates: String { "\(directory)/tls" }

  /// Starts a registry on a port of 127.0.0.1.
  convenience init(registryOn port: Int) async throws { try await self.init(arguments: ["registry", "\(port)"]) }

  /// Starts the lab with a kind, the directory, and the other arguments.
  private init(arguments: [String]) async throws {
    // The path of a socket has at most 107 bytes.
    directory = "/tmp/tactus-lab-\(UUID().uuidString.prefix(8))"
    socket = "\(directory)/engine.sock"
    lab = try await Laboratory("engines/lab", [arguments[0], directory] + arguments.dropFirst(), litter: directory)
  }

  /// Sends a command to the lab: `kill`, `start`, `stop`, `pause` or `resume`.
  func order(_ command: String) async throws { try await lab.order(command) }

  /// The names of all containers, as reported by the engine.
  ///
  /// podman returns an error while it removes a container. The call is then repeated.
  func containers() async throws -> [String] {
    let refusal = Mutex("")
    return try await eventually("\(socket) lists its containers; it says: \(refusal.withLock { $0 })") {
      let ran = try await Program(path: "/usr/bin/curl", environment: Program.baseEnvironment).run([
        "--silent", "--fail-with-body", "--unix-socket", socket, "http://engine/v1.41/containers/json?all=1",
      ])
      refusal.withLock { $0 = ran.output }
      guard ran.code != Self.refused else { return nil }
      return try JSONDecoder().decode([Container].self, from: Data(ran.output.utf8)).flatMap(\.names)
    }
  }

  /// The exit code of `curl --fail` for a status of 400 or more.
  private static let refused = 22

  private struct Container: Decodable {
    let names: [String]

    enum CodingKeys: String, CodingKey {
      case names = "Names"
    }
  }

  /// The log of the engine.
  func log() throws -> String { try String(contentsOfFile: "\(directory)/engine.log", encoding: .utf8) }
}

extension RunningDaemon {
  /// Writes a provider file.
  func provide(_ name: String, endpoint: String, _ lines: String = "") throws {
    try write("etc/providers/\(name).provider", "[Provider]\nEndpoint=\(endpoint)\n\(lines)\n")
  }

  /// Writes a provider file for a real engine.
  func provide(_ name: String, _ lab: EngineLab, _ lines: String = "") throws {
    try provide(name, endpoint: "unix://\(lab.socket)", lines)
  }
}
