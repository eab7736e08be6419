/// A local process.
public struct Command: Hashable, Sendable {
  /// The executable, an absolute path, and its arguments; never empty.
  public var arguments: [String]
  /// `NAME=value`, in order; later ones win.
  ///
  /// `${CREDENTIALS_DIRECTORY}` in a value stands for the directory of `credentials`.
  public var environment: [String]
  /// Files of `NAME=value` lines, read when the job starts; `environment` wins over them.
  public var environmentFiles: [EnvironmentFile]
  /// Secrets that it finds as files in `$CREDENTIALS_DIRECTORY`.
  public var credentials: [Credential]
  /// An absolute path; nil means the daemon's default.
  public var workingDirectory: String?
  /// Who starts it.
  public var runner: RunnerChoice
  /// The user, by name or number, whom it runs as; nil means the daemon's choice.
  public var user: String?
  /// The group, by name or number; nil means the user's own.
  public var group: String?
  /// What it may use.
  public var limits: CommandLimits
  /// What of the machine it is kept from, in the order of the keys' names.
  public var sandbox: [SandboxSetting]
  /// What happens at its end to processes that it left.
  public var killMode: KillMode
  /// Whether standard error goes the way of standard output, so that the order of both is kept.
  public var mergesOutput: Bool
  /// Nil means for ever.
  public var timeout: Duration?

  /// Puts a command together; the defaults are those of a unit file.
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

  /// Whether only a transient unit of systemd can do what it asks for.
  public var needsUnit: Bool { runner == .systemd || user != nil || group != nil || !sandbox.isEmpty }
}

/// Who starts the process of a command.
public enum RunnerChoice: String, CaseIterable, Sendable {
  /// systemd where the daemon may start transient units, else the daemon.
  case auto
  /// The daemon itself: quick, and the process ends with the daemon.
  case direct
  /// systemd, as a transient unit: it may be another user's, has a sandbox of its own, and outlives the daemon.
  case systemd
}

/// What happens to processes that a command has left when its main process ends by itself; a stop ends all of them always.
///
/// Source: systemd.kill(5), `KillMode=`.
public enum KillMode: String, CaseIterable, Sendable {
  /// They are ended.
  case controlGroup = "control-group"
  /// They stay.
  case process
}

/// Who started a command.
public enum RunnerName: String, CaseIterable, Sendable {
  /// The daemon itself.
  case direct
  /// systemd, as a transient unit.
  case systemd
}

/// A file of variables.
public struct EnvironmentFile: Hashable, Sendable {
  /// An absolute path on the daemon's host.
  public var path: String
  /// Whether it may be missing.
  public var isOptional: Bool

  /// Puts one together.
  public init(path: String, isOptional: Bool = false) {
    self.path = path
    self.isOptional = isOptional
  }
}

/// A secret that a job finds as a file, and that is in no store, list or log.
public struct Credential: Hashable, Sendable {
  /// The name of the file that the job finds.
  public var name: String
  /// The absolute path of the file that it is read from; nil means the daemon's own credential of that name.
  public var path: String?

  /// Puts one together.
  public init(name: String, path: String? = nil) {
    self.name = name
    self.path = path
  }
}

/// What a command may use of the machine; nil is no limit.
public struct CommandLimits: Hashable, Sendable {
  /// Memory, in bytes.
  public var memoryMax: Int64?
  /// CPU time per time, in per cent of one processor.
  public var cpuQuota: Int?
  /// Processes and threads.
  public var tasksMax: Int?
  /// Whether it must not run where the limits cannot be enforced.
  public var isStrict: Bool

  /// Puts limits together.
  public init(memoryMax: Int64? = nil, cpuQuota: Int? = nil, tasksMax: Int? = nil, isStrict: Bool = false) {
    self.memoryMax = memoryMax
    self.cpuQuota = cpuQuota
    self.tasksMax = tasksMax
    self.isStrict = isStrict
  }

  /// Whether there is none.
  public var isEmpty: Bool { memoryMax == nil && cpuQuota == nil && tasksMax == nil }
}

/// One key of systemd.exec(5) that keeps a job from something, and its value.
public struct SandboxSetting: Hashable, Sendable {
  /// The key, spelled as in systemd.exec(5) and on the bus.
  public var key: String
  /// What it is set to.
  public var value: Value

  /// Puts one together.
  public init(key: String, value: Value) {
    self.key = key
    self.value = value
  }

  /// The kinds of values, which are types of their own on the bus.
  public enum Value: Hashable, Sendable {
    /// `yes` or `no`.
    case flag(Bool)
    /// One of a few words.
    case word(String)
    /// Absolute paths, with `-` before one that may be missing.
    case paths([String])
  }
}
