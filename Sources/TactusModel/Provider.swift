/// The thing that a runner hands jobs to: a container engine at an address.
public struct Provider: Hashable, Sendable {
  /// The file's name without its suffix.
  public var name: ProviderName
  /// Where the engine listens.
  public var endpoint: EngineEndpoint
  /// What its machine has that others have not: `gpu`.
  public var capabilities: Set<String>
  /// Jobs that it is given at once, 1 … 100,000; nil leaves that to the queue.
  public var maxRunning: Int?

  /// Puts a provider together.
  public init(
    name: ProviderName, endpoint: EngineEndpoint, capabilities: Set<String> = [], maxRunning: Int? = nil
  ) {
    self.name = name
    self.endpoint = endpoint
    self.capabilities = capabilities
    self.maxRunning = maxRunning
  }
}

/// The name of a provider; the same pattern as a workflow's.
public struct ProviderName: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The text, as stored and shown.
  public let text: String

  /// Checks the pattern; nil if the text does not match it.
  public init?(_ text: String) {
    guard WorkflowName.isWellFormed(text) else { return nil }
    self.text = text
  }

  /// The provider of a machine that names none: the engine behind one of the usual sockets.
  public static let local = ProviderName(unchecked: "local")

  private init(unchecked text: String) { self.text = text }

  /// Orders as text.
  public static func < (left: ProviderName, right: ProviderName) -> Bool { left.text < right.text }

  /// The text itself.
  public var description: String { text }
}

/// PEM files for a server with authorities of its own, or one that wants to know its clients.
public struct TLSFiles: Hashable, Sendable {
  /// The authorities to trust; nil takes the system's.
  public var authorities: String?
  /// The client's certificate; nil shows none.
  public var certificate: String?
  /// Its key.
  public var key: String?

  /// Puts paths together.
  public init(authorities: String? = nil, certificate: String? = nil, key: String? = nil) {
    self.authorities = authorities
    self.certificate = certificate
    self.key = key
  }
}

/// Where a container engine listens.
public enum EngineEndpoint: Hashable, Sendable, CustomStringConvertible {
  /// A Unix socket's absolute path.
  case unix(String)
  /// A host and a port, with TLS files or without TLS.
  case tcp(host: String, port: Int, tls: TLSFiles?)

  /// As a provider's file writes it.
  public var description: String {
    switch self {
    case .unix(let path): "unix://\(path)"
    case .tcp(let host, let port, _): "tcp://\(host):\(port)"
    }
  }
}

/// Whether a provider is given jobs.
public enum ProviderState: String, CaseIterable, Sendable {
  /// It is.
  case live
  /// It failed lately: others are asked first, and it is asked again after a while.
  case aside
}

/// How a provider is.
public struct ProviderReport: Hashable, Sendable {
  /// Which one.
  public var provider: Provider
  /// Whether it is given jobs.
  public var state: ProviderState
  /// Jobs that it has.
  public var running: Int
  /// What went wrong the last time; nil while it is live.
  public var lastError: String?

  /// Puts a report together.
  public init(provider: Provider, state: ProviderState, running: Int, lastError: String? = nil) {
    self.provider = provider
    self.state = state
    self.running = running
    self.lastError = lastError
  }
}
