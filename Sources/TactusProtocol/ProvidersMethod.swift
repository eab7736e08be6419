public import TactusModel

/// `io.tactus.Daemon.Providers`: the container engines that run jobs, and their states.
public struct ListProviders: Request {
  /// The full name of the method.
  public static let method = "io.tactus.Daemon.Providers"
  /// No parameters.
  public static let parameters: [String] = []
  /// Open to all users.
  public static let right = Right.look

  /// Creates a request.
  public init() {}

  /// The providers.
  public struct Reply: Codable, Hashable, Sendable {
    /// All providers, in the order of their names, without pages.
    public var providers: [WireProvider]

    /// Creates a reply.
    public init(providers: [WireProvider]) { self.providers = providers }
  }
}

/// A provider on the wire.
public struct WireProvider: Codable, Hashable, Sendable {
  /// The name of the file without its suffix; `local` for an engine that was found without a file.
  public var name: String
  /// Its state.
  public var state: Word<ProviderState>
  /// The number of its jobs.
  public var running: Int
  /// The largest number of jobs; nil if only the queues limit it.
  public var maxRunning: Int?
  /// The capabilities of its machine.
  public var capabilities: [String]
  /// Its address.
  public var endpoint: String
  /// The reason why it gets no jobs for now; only for callers with the right `read`.
  public var lastError: String?

  /// Creates a provider for a caller with a right.
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
