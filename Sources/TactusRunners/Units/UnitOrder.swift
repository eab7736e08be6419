import TactusLinux
import TactusModel
import TactusPorts
import TactusSystemd

/// The settings that all units of this daemon share.
public struct UnitSettings: Sendable {
  /// The variables that every job gets from the daemon's environment, as `NAME=value`.
  public var baseEnvironment: [String]
  /// The directory of commands that name neither a directory nor a user.
  public var defaultDirectory: String
  /// The user of commands that name none; nil for the user of systemd.
  public var defaultUser: String?
  /// The directory of the daemon's own credentials; nil if it has none.
  public var credentials: String?
  /// The directory of secrets until systemd has read them.
  ///
  /// It is in memory if the runtime directory is.
  public var secrets: String
  /// The directory below which systemd puts the credentials of units.
  public var unitCredentials: String
  /// Whether systemd serves one user.
  ///
  /// Units then run as that user and lack most sandboxes.
  public var isUsersOwn: Bool
  /// Identifies the store, so that daemons of one machine leave each other's units alone.
  public var storeID: String
  /// The directory of the pipes, which only the daemon enters.
  public var pipes: String
  /// Notified with true before the disk of the pipes is used, and with false afterwards.
  public var disk: @Sendable (_ isInside: Bool) -> Void

  /// Creates settings.
  public init(
    baseEnvironment: [String], defaultDirectory: String, defaultUser: String?, credentials: String?,
    secrets: String, unitCredentials: String, isUsersOwn: Bool, storeID: String, pipes: String,
    disk: @escaping @Sendable (_ isInside: Bool) -> Void = { _ in }
  ) {
    self.baseEnvironment = baseEnvironment
    self.defaultDirectory = defaultDirectory
    self.defaultUser = defaultUser
    self.credentials = credentials
    self.secrets = secrets
    self.unitCredentials = unitCredentials
    self.isUsersOwn = isUsersOwn
    self.storeID = storeID
    self.pipes = pipes
    self.disk = disk
  }
}

/// The transient unit of one attempt, as systemd is asked to start it.
struct UnitOrder {
  let order: RunOrder
  let command: Command
  let settings: UnitSettings

  /// The name of an attempt's unit.
  static func name(of id: JobID) -> String { "tactus-\(id).service" }

  /// The daemon's own unit.
  private static let daemon = "tactusd.service"

  /// The attempt that owns a unit; nil for units that are not ours.
  static func job(of unit: String) -> JobID? {
    guard unit.hasPrefix("tactus-"), unit.hasSuffix(".service") else { return nil }
    return JobID(String(unit.dropFirst(7).dropLast(8)))
  }

  /// Fields of the unit's journal entries.
  ///
  /// The next daemon reads from them what the row may lack.
  enum Field {
    static let store = "TACTUS_STORE"
    static let timeout = "TACTUS_TIMEOUT_USEC"
    static let logLimit = "TACTUS_LOG_LIMIT"
    static let killMode = "TACTUS_KILL_MODE"
  }

  private var name: String { Self.name(of: order.id) }
  private var user: String? { command.user ?? settings.defaultUser }

  /// The variables of `EnvironmentFile=`, which the daemon reads as its own user.
  ///
  /// systemd would read the files as root and follow any link. Process 1 would also wait for the writer of a named
  /// pipe.
  var fileVariables: [String] = []
  /// The directory of the secrets, also read by the daemon; nil without secrets.
  var secrets: String?

  /// Whether variables must go into a file because they come from files.
  ///
  /// Every user can see a unit's own variables.
  var needsFinalEnvironment: Bool { !command.environmentFiles.isEmpty }

  /// All properties except the descriptors.
  ///
  /// - Parameter finalEnvironment: the file with ``finalEnvironment``; nil if it is not needed.
  func properties(finalEnvironment: String?) -> [UnitProperty] {
    identity + execution(finalEnvironment) + limits + sandbox + life
  }

  private var identity: [UnitProperty] {
    var fields = ["TACTUS_JOB_ID=\(order.id)", "\(Field.store)=\(settings.storeID)"]
    if let workflow = order.workflow { fields.append("TACTUS_WORKFLOW=\(workflow)") }
    if let timeout = command.timeout { fields.append("\(Field.timeout)=\(timeout.microseconds)") }
    fields.append("\(Field.logLimit)=\(order.logLimit)")
    if command.killMode != .controlGroup { fields.append("\(Field.killMode)=\(command.killMode.rawValue)") }
    return [
      UnitProperty("Description", .text("Tactus job \(order.workflow.map { "of \($0)" } ?? "\(order.id)")")),
      UnitProperty("LogExtraFields", .fields(fields)),
    ]
  }

  private func execution(_ finalEnvironment: String?) -> [UnitProperty] {
    var properties = [
      // The arguments are passed literally. Dollar signs are doubled, because systemd 252 writes ExecStartEx= with
      // no-env-expand under a key that it does not know. The unit would then be bad-setting after the next
      // daemon-reload.
      UnitProperty(
        "ExecStart",
        .program(
          path: command.arguments[0], arguments: command.arguments.map { Self.replace("$", in: $0, by: "$$") })),
      UnitProperty("StandardInput", .text("null")),
      UnitProperty("Environment", .texts(environment)),
    ]
    if let user { properties.append(UnitProperty("User", .text(user))) }
    if let group = command.group { properties.append(UnitProperty("Group", .text(group))) }
    let home = user == nil ? settings.defaultDirectory : "~"
    properties.append(UnitProperty("WorkingDirectory", .text(command.workingDirectory ?? "-\(home)")))
    if let finalEnvironment {
      properties.append(
        UnitProperty("EnvironmentFiles", .files([UnitProperty.File(path: finalEnvironment, isOptional: false)])))
    }
    if let secrets {
      let names = Set(command.credentials.map(\.name)).sorted()
      let pairs = names.map { UnitProperty.Pair(name: $0, path: "\(secrets)/\($0)") }
      properties.append(UnitProperty("LoadCredential", .pairs(pairs)))
    }
    return properties
  }

  private var environment: [String] {
    // systemd itself sets HOME for a user that it switches to.
    var base = settings.baseEnvironment.filter { user == nil || !$0.hasPrefix("HOME=") }
    // The account's own shell may be one that refuses logins, which systemd leaves out. Direct commands get the same
    // shell.
    if user != nil { base.append(Account.shell) }
    return ProcessEnvironment(base: base).variables(for: order, own: own)
  }

  /// The definition's own variables, with the directory of the credentials inserted.
  private var own: [String] {
    command.environment.map {
      Self.replace("${CREDENTIALS_DIRECTORY}", in: $0, by: "\(settings.unitCredentials)/\(name)")
    }
  }

  /// The variables that nothing overrides, as an environment file.
  var finalEnvironment: String {
    ((fileVariables + own).filter { !$0.hasPrefix("TACTUS_") } + order.environment).map { variable in
      let parts = variable.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return "\(parts[0])=\(Self.quoted(parts.count == 2 ? String(parts[1]) : ""))\n"
    }.joined()
  }

  /// Quotes a value.
  ///
  /// A backslash precedes each character with a special meaning.
  ///
  /// Source: systemd.exec(5), EnvironmentFile=
  private static func quoted(_ text: String) -> String {
    "\"" + text.map { "\"\\`$".contains($0) ? "\\\($0)" : String($0) }.joined() + "\""
  }

  private static func replace(_ word: String, in text: String, by other: String) -> String {
    var (result, rest) = ("", Substring(text))
    while let match = rest.firstRange(of: word) {
      result += rest[..<match.lowerBound] + other
      rest = rest[match.upperBound...]
    }
    return result + rest
  }

  private var limits: [UnitProperty] {
    let limits = command.limits
    var properties = [
      UnitProperty("CPUAccounting", .flag(true)), UnitProperty("MemoryAccounting", .flag(true)),
      // If memory runs out for one process, systemd ends the whole job and reports the reason.
      UnitProperty("OOMPolicy", .text("kill")),
    ]
    if let memory = limits.memoryMax { properties.append(UnitProperty("MemoryMax", .number(UInt64(memory)))) }
    if let quota = limits.cpuQuota {
      properties.append(UnitProperty("CPUQuotaPerSecUSec", .number(UInt64(quota) * 10_000)))
    }
    if let tasks = limits.tasksMax { properties.append(UnitProperty("TasksMax", .number(UInt64(tasks)))) }
    return properties
  }

  private var sandbox: [UnitProperty] {
    command.sandbox.map { setting in
      switch setting.value {
      case .flag(let flag): UnitProperty(setting.key, .flag(flag))
      case .word(let word): UnitProperty(setting.key, .text(word))
      case .paths(let paths): UnitProperty(setting.key, .texts(paths))
      }
    }
  }

  /// Keeps the unit after its process, with its exit status and its pipes, until the end is durable in the store.
  ///
  /// For that, systemd must consider every exit a success.
  private var life: [UnitProperty] {
    [
      UnitProperty("Type", .text("exec")), UnitProperty("RemainAfterExit", .flag(true)),
      UnitProperty("SuccessExitStatus", .exits(codes: Array(1...255), signals: Array(1...31) + Array(34...64))),
      // As for other commands: SIGPIPE ends a writer whose reader has closed its pipe.
      UnitProperty("IgnoreSIGPIPE", .flag(false)), UnitProperty("KillMode", .text(command.killMode.rawValue)),
      UnitProperty("SendSIGKILL", .flag(true)),
      UnitProperty("TimeoutStopUSec", .number(UInt64(Limits.grace.microseconds))),
      UnitProperty("CollectMode", .text("inactive")),
      // `systemctl restart` would run the job again. RefuseManualStart= would also refuse our own start, and
      // StartLimitBurst= counts from zero after a daemon-reload.
      UnitProperty("Asserts", .existing(UnitPipes(directory: settings.pipes, id: order.id).permit)),
      // With this order, systemd stops the daemon first at shutdown. A daemon that still runs would count the stop of
      // the unit as a failure of the job.
      UnitProperty("Before", .texts([Self.daemon])),
    ]
  }
}
