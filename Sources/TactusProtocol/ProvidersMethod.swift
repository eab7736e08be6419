public import TactusModel

/// `io.tactus.Daemon.Providers`: the container engines that jobs are handed to, and how they are.
public struct ListProviders: Request {
  /// The full name.
  public static let method = "io.tactus.Daemon.Providers"
  /// None.
  public static let parameters: [String] = []
  /// What anybody may see.
  public static let right = Right.look

  /// The only one.
  public init() {}

  /// All providers, in the order of their names.
  public struct Reply: Codable, Hashable, Sendable {
    /// All of them; there is no next page.
    public var providers: [WireProvider]

    /// Puts an answer together.
    public init(providers: [WireProvider]) { self.providers = providers }
  }
}

/// A provider on the wire.
public struct WireProvider: Codable, Hashable, Sendable {
  /// The file's name without its suffix; `local` for the engine that was found.
  public var name: String
  /// How it is.
  public var state: Word<ProviderState>
  /// Jobs that it has.
  public var running: Int
  /// Jobs that it may have; nil leaves that to the queues.
  public var maxRunning: Int?
  /// What its machine has.
  public var capabilities: [String]
  /// Where it listens.
  public var endpoint: String
  /// Why it was put aside, for those who may read.
  public var lastError: String?

  /// A provider, for somebody with a right.
  public init(_ report: ProviderReport, for right: Right) {
    name = report.provider.name.text
    state = Word(report.state)
    running = report.running
    maxRunning = report.provider.maxRunning
    capabilities = report.provider.capabilities.sorted()
    endpoint = report.provider.endpoint.description
    lastError = right >= .read ? report.lastError : nil
  }

  enum CodingKeys: String, CodingKey {
    case name, state, running
    case maxRunning = "max_running"
    case capabilities, endpoint
    case lastError = "last_error"
  }
}

extension ProviderState: Codable {}
