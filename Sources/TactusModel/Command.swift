/// The definition of a local process.
public struct Command: Hashable, Sendable {
  /// The executable as an absolute path, and its arguments; never empty.
  public var arguments: [String]
  /// Environment variables as `NAME=value`, in order; later ones win.
  ///
  /// `${CREDENTIALS_DIRECTORY}` in a value is replaced by the directory of `credentials`.
  public var environment: [String]
  /// Files of `NAME=value` lines, read when the job starts; `environment` wins over them.
  public var environmentFiles: [EnvironmentFile]
  /// Secrets, available to the job as files in `$CREDENTIALS_DIRECTORY`.
  public var credentials: [Credential]
  /// The working directory, an absolute path; nil for the daemon's default.
  public var workingDirectory: String?
  /// The runner that starts the process.
  public var runner: RunnerChoice
  /// The user to run as, by name or number; nil for the daemon's choice.
  public var user: String?
  /// The group to run as, by name or number; nil for the user's primary group.
  public var group: String?
  /// The resource limits.
  public var limits: CommandLimits
  /// Sandbox settings, in the order of the keys' names.
  public var sandbox: [SandboxSetting]
  /// The treatment of leftover processes when the main process ends.
  public var killMode: KillMode
  /// Whether standard error goes into the same pipe as standard output, so that the order of both is kept.
  public var mergesOutput: Bool
  /// The time-out, counted from the start; nil for no limit.
  public var timeout: Duration?

  /// Creates a command; the defaults are those of a unit file.
  public init(
    arguments: [String], environment: [String] = [], environmentFiles: [EnvironmentFile] = [],
    credentials: [Credential] = [], workingDirectory: String? = nil, runner: RunnerChoice = .auto,
    user: String? = nil, group: String? = nil, limits: CommandLimits = CommandLimits(),
    sandbox: [SandboxSetting] = [], killMode: KillMode = .controlGroup, mergesOutput: Bool = false,
    timeout: Duration? = .seconds(3600)
  ) {
    self.arguments = arguments
    self.environment = environment
    self.environmentFiles = environmentFiles
    self.credentials = credentials
    self.workingDirectory = workingDirectory
    self.runner = runner
    self.user = user
    self.group = group
    self.limits = limits
    self.sandbox = sandbox
    self.killMode = killMode
    self.mergesOutput = mergesOutput
    self.timeout = timeout
  }

  /// Whether the command needs a transient unit of systemd.
  public var needsUnit: Bool { runner == .systemd || user != nil || group != nil || !sandbox.isEmpty }
}

/// The values of `Runner=`.
public enum RunnerChoice: String, CaseIterable, Sendable {
  /// systemd if the daemon may start transient units, else the daemon.
  case auto
  /// The daemon: quick, and the process ends with the daemon.
  case direct
  /// systemd, as a transient unit: it may run as another user, has a separate sandbox, and outlives the daemon.
  case systemd
}

/// The treatment of processes that are left when the main process ends on its own; a stop always ends all of them.
///
/// Source: systemd.kill(5), `KillMode=`.
public enum KillMode: String, CaseIterable, Sendable {
  /// Leftover processes are ended.
  case controlGroup = "control-group"
  /// Leftover processes continue.
  case process
}

/// The runner that started a command.
public enum RunnerName: String, CaseIterable, Sendable {
  /// The daemon.
  case direct
  /// systemd, as a transient unit.
  case systemd
}

/// A file with environment variables.
public struct EnvironmentFile: Hashable, Sendable {
  /// An absolute path on the daemon's host.
  public var path: String
  /// Whether the file may be missing.
  public var isOptional: Bool

  /// Creates a reference to a file.
  public init(path: String, isOptional: Bool = false) {
    self.path = path
    self.isOptional = isOptional
  }
}

/// A secret that a job reads from a file; it is never stored, listed or logged.
public struct Credential: Hashable, Sendable {
  /// The name of the file that the job reads.
  public var name: String
  /// The absolute path of the source file; nil for the daemon's credential of the same name.
  public var path: String?

  /// Creates a credential.
  public init(name: String, path: String? = nil) {
    self.name = name
    self.path = path
  }
}

/// The resource limits of a command; nil means no limit.
public struct CommandLimits: Hashable, Sendable {
  /// The most memory, in bytes.
  public var memoryMax: Int64?
  /// The most CPU time, in per cent of one processor.
  public var cpuQuota: Int?
  /// The most processes and threads.
  public var tasksMax: Int?
  /// Whether the command must not run where the limits cannot be enforced.
  public var isStrict: Bool

  /// Creates limits.
  public init(memoryMax: Int64? = nil, cpuQuota: Int? = nil, tasksMax: Int? = nil, isStrict: Bool = false) {
    self.memoryMax = memoryMax
    self.cpuQuota = cpuQuota
    self.tasksMax = tasksMax
    self.isStrict = isStrict
  }

  /// Whether no limit is set.
  public var isEmpty: Bool { memoryMax == nil && cpuQuota == nil && tasksMax == nil }
}

/// A key of systemd.exec(5) that restricts a job, and its value.
public struct SandboxSetting: Hashable, Sendable {
  /// The key, spelled as in systemd.exec(5) and on the bus.
  public var key: String
  /// The value of the key.
  public var value: Value

  /// Creates a setting.
  public init(key: String, value: Value) {
    self.key = key
    self.value = value
  }

  /// The kinds of values, which have different types on the bus.
  public enum Value: Hashable, Sendable {
    /// `yes` or `no`.
    case flag(Bool)
    /// A keyword, such as `strict`.
    case word(String)
    /// Absolute paths; a path with the prefix `-` may be missing.
    case paths([String])
  }
}
