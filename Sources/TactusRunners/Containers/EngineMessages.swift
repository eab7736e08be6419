import FoundationEssentials
import TactusModel

/// What is said to a container engine, and what it answers.
///
/// Source: Docker Engine API v1.41, which podman serves as well
enum EngineMessages {
  /// `POST /containers/create`.
  struct Create: Encodable {
    var image: String
    var cmd: [String]?
    var entrypoint: [String]?
    var env: [String]
    var user: String?
    var workingDir: String?
    var labels: [String: String]
    var hostConfig: Host
  }

  struct Host: Encodable {
    var memory: Int64?
    /// The same as `Memory`: else a container gets as much swap again.
    var memorySwap: Int64?
    var nanoCpus: Int64?
    var pidsLimit: Int?
    var readonlyRootfs: Bool
    /// Rather than `Binds`, which make a directory of a source that is not there.
    var mounts: [Mount]
    var networkMode: String?
    /// Files that are read again from the beginning; journald would limit and cut them.
    var logConfig = LogDriver()
  }

  struct Mount: Encodable {
    var type: String
    var source: String
    var target: String
    var readOnly: Bool
  }

  struct LogDriver: Encodable {
    var type = "json-file"
  }

  /// The answer to a create.
  struct Created: Decodable {
    var id: String
  }

  /// `GET /containers/NAME/json`.
  struct Inspected: Decodable {
    var id: String
    var state: RunState
    var config: Configuration

    struct RunState: Decodable {
      var running: Bool
      var oomKilled: Bool
      var exitCode: Int
      var startedAt: String
      var finishedAt: String
    }

    struct Configuration: Decodable {
      var labels: [String: String]?
    }

    /// Whether it was ever started: an instant that is not set has the year 1.
    var hasStarted: Bool { !state.startedAt.hasPrefix("0001-") }
  }

  /// One element of `GET /containers/json`.
  struct Listed: Decodable {
    var id: String
    var labels: [String: String]?
  }

  /// One line of a pull.
  struct Progress: Decodable {
    var error: String?
    var status: String?
    /// The layer that the status is of.
    var id: String?
  }

  /// The body of a refusal; podman adds a cause.
  struct Refusal: Decodable {
    var message: String?
    var cause: String?
  }

  /// Reads an answer; nil if it is not what it should be.
  static func read<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) -> Value? {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .custom { path in Key(path.last?.stringValue ?? "") { $0.lowercased() } }
    // What an engine should not have said is told by the caller, who knows what was asked.
    return try? decoder.decode(type, from: Data(bytes))
  }

  /// Writes a message.
  static func write(_ message: some Encodable) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .custom { path in Key(path.last?.stringValue ?? "") { $0.uppercased() } }
    // Nothing in it that JSON cannot say, such as a NaN.
    guard let data = try? encoder.encode(message) else { fatalError("a message cannot be written as JSON") }
    return Array(data)
  }

  /// The engines' names of fields begin with a capital, and ours do not.
  private struct Key: CodingKey {
    let stringValue: String
    let intValue: Int? = nil

    init(_ name: String, _ change: (String) -> String) {
      // The one abbreviation at the beginning of a name.
      stringValue = name == "OOMKilled" ? "oomKilled" : change(String(name.prefix(1))) + name.dropFirst()
    }

    init?(stringValue: String) { self.stringValue = stringValue }

    init?(intValue: Int) { nil }
  }

  /// The labels by which containers of ours are known.
  enum Label {
    static let job = "io.tactus.job"
    static let workflow = "io.tactus.workflow"
    static let store = "io.tactus.store"
    /// For the daemon that takes the container over, in microseconds.
    static let timeout = "io.tactus.timeout"
    /// The same, in bytes.
    static let logLimit = "io.tactus.log-limit"
  }
}

extension EngineMessages.Create {
  /// What an order asks for.
  init(_ order: RunOrderOfContainer) {
    let container = order.container
    image = container.image.text
    cmd = container.arguments.isEmpty ? nil : container.arguments
    entrypoint = container.entrypoint.isEmpty ? nil : container.entrypoint
    env = order.environment
    user = container.user
    workingDir = container.workingDirectory
    labels = order.labels
    hostConfig = EngineMessages.Host(
      memory: container.memory, memorySwap: container.memory,
      nanoCpus: container.milliCPUs.map { Int64($0) * 1_000_000 },
      pidsLimit: container.pidsLimit, readonlyRootfs: container.isReadOnly,
      mounts: container.volumes.map { volume in
        EngineMessages.Mount(
          type: volume.source.hasPrefix("/") ? "bind" : "volume", source: volume.source, target: volume.target,
          readOnly: volume.isReadOnly)
      }, networkMode: container.network)
  }
}

/// An order, and what was found out for it.
struct RunOrderOfContainer {
  let container: Container
  /// All variables, those of files included.
  let environment: [String]
  let labels: [String: String]
}
