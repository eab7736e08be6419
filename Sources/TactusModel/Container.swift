/// The definition of a container that a container engine runs from an OCI image.
public struct Container: Hashable, Sendable {
  /// The image name, with a tag or digest if needed.
  public var image: ImageName
  /// The command; empty for the command of the image.
  public var arguments: [String]
  /// The entry point; empty for the entry point of the image.
  public var entrypoint: [String]
  /// Environment variables as `NAME=value`, in order; later ones win.
  public var environment: [String]
  /// Files of `NAME=value` lines, read when the job starts; `environment` wins over them.
  public var environmentFiles: [EnvironmentFile]
  /// `user`, `user:group` or numbers; nil for the user of the image.
  public var user: String?
  /// An absolute path in the container; nil for the directory of the image.
  public var workingDirectory: String?
  /// The mounted directories and named volumes.
  public var volumes: [Volume]
  /// The engine's network to join, or `none`; nil for the engine's default.
  public var network: String?
  /// The most memory, in bytes; nil for no limit.
  public var memory: Int64?
  /// The most CPU time, in thousandths of a processor; nil for no limit.
  public var milliCPUs: Int?
  /// The most processes; nil for the engine's default.
  public var pidsLimit: Int?
  /// Whether the root file system is read-only.
  public var isReadOnly: Bool
  /// The condition for pulling the image.
  public var pull: PullPolicy
  /// The time limit of a pull.
  public var pullTimeout: Duration
  /// The capabilities that a provider must have to run it.
  public var requires: Set<String>
  /// The time-out, counted from the start of the container; at most 1 h.
  public var timeout: Duration

  /// Creates a container; the defaults are those of a unit file.
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

  /// A mounted directory or named volume.
  public struct Volume: Hashable, Sendable {
    /// An absolute path on the engine's host, or the name of a volume.
    public var source: String
    /// An absolute path in the container.
    public var target: String
    /// Whether it is read-only.
    public var isReadOnly: Bool

    /// Creates a volume.
    public init(source: String, target: String, isReadOnly: Bool = false) {
      self.source = source
      self.target = target
      self.isReadOnly = isReadOnly
    }

    /// The text form of unit files and engines: `source:target[:ro]`.
    public var text: String { "\(source):\(target)\(isReadOnly ? ":ro" : "")" }
  }
}

/// The values of `Pull=`.
public enum PullPolicy: String, CaseIterable, Sendable {
  /// Pull if the engine does not have the image.
  case missing
  /// Pull before every run.
  case always
  /// Never pull: the job fails without the image.
  case never
}
