/// A container engine at an address, to which a runner hands jobs.
public struct Provider: Hashable, Sendable {
  /// The name: that of the file without its suffix.
  public var name: ProviderName
  /// The address of the engine.
  public var endpoint: EngineEndpoint
  /// Capabilities of its machine that jobs may require: `gpu`.
  public var capabilities: Set<String>
  /// The most jobs at once, 1 … 100,000; nil for no limit but the queue's.
  public var maxRunning: Int?

  /// Creates a provider.
  public init(
    name: ProviderName, endpoint: EngineEndpoint, capabilities: Set<String> = [], maxRunning: Int? = nil
  ) {
    self.name = name
    self.endpoint = endpoint
    self.capabilities = capabilities
    self.maxRunning = maxRunning
  }
}

/// The name of a provider; it has the same pattern as a workflow's.
public struct ProviderName: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The text, as stored and shown.
  public let text: String

  /// Checks a name; nil if it does not match the pattern.
  public init?(_ text: String) {
    guard WorkflowName.isWellFormed(text) else { return nil }
    self.text = text
  }

  /// The provider of a machine without provider files: the engine at one of the usual sockets.
  public static let local = ProviderName(unchecked: "local")

  private init(unchecked text: String) { self.text = text }

  /// Orders as text.
  public static func < (left: ProviderName, right: ProviderName) -> Bool { left.text < right.text }

  /// The name as text.
  public var description: String { text }
}

/// The PEM files for a server with a private authority, or one that requires client certificates.
public struct TLSFiles: Hashable, Sendable {
  /// The path of the authorities to trust; nil for the system's.
  public var authorities: String?
  /// The path of the client certificate; nil to present none.
  public var certificate: String?
  /// The path of the client's key.
  public var key: String?

  /// Creates a set of paths.
  public init(authorities: String? = nil, certificate: String? = nil, key: String? = nil) {
    self.authorities = authorities
    self.certificate = certificate
    self.key = key
  }
}

/// The address of a container engine.
public enum EngineEndpoint: Hashable, Sendable, CustomStringConvertible {
  /// The absolute path of a Unix socket.
  case unix(String)
  /// A host and a port; nil `tls` for plain TCP.
  case tcp(host: String, port: Int, tls: TLSFiles?)

  /// The address as written in a provider's file.
  public var description: String {
    switch self {
    case .unix(let path): "unix://\(path)"
    case .tcp(let host, let port, _): "tcp://\(host):\(port)"
    }
  }
}

/// The state of a provider.
public enum ProviderState: String, CaseIterable, Sendable {
  /// It is given jobs.
  case live
  /// It failed recently; other providers are preferred, and it is tried again later.
  case aside
}

/// A provider with its state.
public struct ProviderReport: Hashable, Sendable {
  /// The provider.
  public var provider: Provider
  /// The state.
  public var state: ProviderState
  /// The number of jobs that it has.
  public var running: Int
  /// The last error; nil while it is live.
  public var lastError: String?

  /// Creates a report.
  public init(provider: Provider, state: ProviderState, running: Int, lastError: String? = nil) {
    self.provider = provider
    self.state = state
    self.running = running
    self.lastError = lastError
  }
}
