import FoundationEssentials
import TactusModel

/// The messages of a container engine: requests and answers.
///
/// Source: Docker Engine API v1.41, which podman also serves
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
    /// The same as `Memory`.
    ///
    /// Otherwise a container gets the same amount of swap in addition.
    var memorySwap: Int64?
    var nanoCpus: Int64?
    var pidsLimit: Int?
    var readonlyRootfs: Bool
    /// `Mounts` instead of `Binds`, which create a missing source as a directory.
    var mounts: [Mount]
    var networkMode: String?
    /// Files, which can be read again from the beginning.
    ///
    /// journald would limit and truncate the output.
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

    /// Whether it was ever started.
    ///
    /// An instant that is not set has the year 1.
    var hasStarted: Bool { !state.startedAt.hasPrefix("0001-") }
  }

  /// One element of `GET /containers/json`.
  struct Listed: Decodable {
    var id: String
    var labels: [String: String]?
  }

  /// One line of a pull's progress.
  struct Progress: Decodable {
    var error: String?
    var status: String?
    /// The layer of the status.
    var id: String?
  }

  /// The body of a refusal.
  ///
  /// podman adds a cause.
  struct Refusal: Decodable {
    var message: String?
    var cause: String?
  }

  /// Decodes an answer; nil if it is malformed.
  static func read<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) -> Value? {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .custom { path in Key(path.last?.stringValue ?? "") { $0.lowercased() } }
    // The caller reports a malformed answer, because it knows what was asked.
    return try? decoder.decode(type, from: Data(bytes))
  }

  /// Encodes a message.
  static func write(_ message: some Encodable) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .custom { path in Key(path.last?.stringValue ?? "") { $0.uppercased() } }
    // The message contains no value that JSON lacks, such as NaN.
    guard let data = try? encoder.encode(message) else { fatalError("a message cannot be written as JSON") }
    return Array(data)
  }

  /// The engines' field names begin with a capital letter, unlike ours.
  private struct Key: CodingKey {
    let stringValue: String
    let intValue: Int? = nil

    init(_ name: String, _ change: (String) -> String) {
      // The only abbreviation at the beginning of a name.
      stringValue = name == "OOMKilled" ? "oomKilled" : change(String(name.prefix(1))) + name.dropFirst()
    }

    init?(stringValue: String) { self.stringValue = stringValue }

    init?(intValue: Int) { nil }
  }

  /// The labels that identify our containers.
  enum Label {
    static let job = "io.tactus.job"
    static let workflow = "io.tactus.workflow"
    static let store = "io.tactus.store"
    /// For the daemon that adopts the container, in microseconds.
    static let timeout = "io.tactus.timeout"
    /// The same, in bytes.
    static let logLimit = "io.tactus.log-limit"
  }
}

extension EngineMessages.Create {
  /// Creates the message for an order.
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

/// An order with its complete environment.
struct RunOrderOfContainer {
  let container: Container
  /// All variables, including those from files.
  let environment: [String]
  let labels: [String: String]
}
