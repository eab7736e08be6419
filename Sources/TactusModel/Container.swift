/// A container of an OCI image, run by a container engine.
public struct Container: Hashable, Sendable {
  /// The image's name, with a tag or digest if it needs one.
  public var image: ImageName
  /// What runs instead of the image's command; empty leaves the image's.
  public var arguments: [String]
  /// What runs instead of the image's entry point; empty leaves the image's.
  public var entrypoint: [String]
  /// `NAME=value`, in order; later ones win.
  public var environment: [String]
  /// Files of `NAME=value` lines, read when the job starts; `environment` wins over them.
  public var environmentFiles: [EnvironmentFile]
  /// `user`, `user:group` or numbers; nil leaves the image's.
  public var user: String?
  /// An absolute path in the container; nil leaves the image's.
  public var workingDirectory: String?
  /// What of the engine's host, or which named volumes, it sees.
  public var volumes: [Volume]
  /// The engine's network that it joins, or `none`; nil leaves the engine's default.
  public var network: String?
  /// Memory that it may use, in bytes; nil leaves it unlimited.
  public var memory: Int64?
  /// Processors that it may use, in thousandths of one; nil leaves it unlimited.
  public var milliCPUs: Int?
  /// Processes that it may have; nil leaves the engine's default.
  public var pidsLimit: Int?
  /// Whether its root file system cannot be written to.
  public var isReadOnly: Bool
  /// When the image is pulled.
  public var pull: PullPolicy
  /// How long a pull may take.
  public var pullTimeout: Duration
  /// Capabilities that its provider must have.
  public var requires: Set<String>
  /// Counted from the container's start, up to 1 h.
  public var timeout: Duration

  /// Puts a container together; the defaults are those of a unit file.
  public init(
    image: ImageName, arguments: [String] = [], entrypoint: [String] = [], environment: [String] = [],
    environmentFiles: [EnvironmentFile] = [], user: String? = nil, workingDirectory: String? = nil,
    volumes: [Volume] = [], network: String? = nil, memory: Int64? = nil, milliCPUs: Int? = nil,
    pidsLimit: Int? = nil, isReadOnly: Bool = false, pull: PullPolicy = .missing,
    pullTimeout: Duration = .seconds(600), requires: Set<String> = [], timeout: Duration = .seconds(30)
  ) {
    self.image = image
    self.arguments = arguments
    self.entrypoint = entrypoint
    self.environment = environment
    self.environmentFiles = environmentFiles
    self.user = user
    self.workingDirectory = workingDirectory
    self.volumes = volumes
    self.network = network
    self.memory = memory
    self.milliCPUs = milliCPUs
    self.pidsLimit = pidsLimit
    self.isReadOnly = isReadOnly
    self.pull = pull
    self.pullTimeout = pullTimeout
    self.requires = requires
    self.timeout = timeout
  }

  /// Something that a container sees of its host.
  public struct Volume: Hashable, Sendable {
    /// An absolute path on the engine's host, or the name of a volume.
    public var source: String
    /// An absolute path in the container.
    public var target: String
    /// Whether it cannot be written to.
    public var isReadOnly: Bool

    /// Puts one together.
    public init(source: String, target: String, isReadOnly: Bool = false) {
      self.source = source
      self.target = target
      self.isReadOnly = isReadOnly
    }

    /// `source:target[:ro]`, as unit files and engines write it.
    public var text: String { "\(source):\(target)\(isReadOnly ? ":ro" : "")" }
  }
}

/// When the image of a container is pulled.
public enum PullPolicy: String, CaseIterable, Sendable {
  /// When the engine does not have it.
  case missing
  /// Before every run.
  case always
  /// Never: without it the job fails.
  case never
}
