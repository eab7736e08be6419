import Foundation
import TactusTestSupport

/// A real container engine of its own for one test: `Tests/engines/lab`.
final class EngineLab: Sendable {
  /// The engines that are tried.
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
    // dockerd trusts all of 127.0.0.0/8 by itself.
    try await self.init(arguments: kind == .podman ? [kind.rawValue, "\(port)"] : [kind.rawValue])
  }

  /// Starts a dockerd that listens on a port of 127.0.0.1, too, with TLS, and wants to see a certificate of ``certificates``.
  convenience init(tlsOn port: Int) async throws { try await self.init(arguments: ["docker", "\(port)"]) }

  /// The directory with `ca.pem`, `client.pem` and `client-key.pem`.
  var certificates: String { "\(directory)/tls" }

  /// Starts a registry on a port of 127.0.0.1.
  convenience init(registryOn port: Int) async throws { try await self.init(arguments: ["registry", "\(port)"]) }

  /// The kind, then what comes behind the directory.
  private init(arguments: [String]) async throws {
    // A socket's path has 107 bytes at most.
    directory = "/tmp/tactus-lab-\(UUID().uuidString.prefix(8))"
    socket = "\(directory)/engine.sock"
    lab = try await Laboratory("engines/lab", [arguments[0], directory] + arguments.dropFirst(), litter: directory)
  }

  /// Has the lab do something: `kill`, `start`, `stop`, `pause`, `resume`.
  func order(_ command: String) async throws { try await lab.order(command) }

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
