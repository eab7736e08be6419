import TactusLinux
import TactusModel
import TactusPorts
import TactusSystemd

/// What units of this daemon have in common.
public struct UnitSettings: Sendable {
  /// What every job gets of the daemon's own environment, as `NAME=value`.
  public var baseEnvironment: [String]
  /// Where commands run that name no directory and no user.
  public var defaultDirectory: String
  /// The user of commands that name none; nil for whom systemd runs as itself.
  public var defaultUser: String?
  /// The directory of the daemon's own credentials, if it has any.
  public var credentials: String?
  /// The directory in which secrets lie until systemd has read them; in memory if the runtime directory is.
  public var secrets: String
  /// The directory below which systemd puts the credentials of units.
  public var unitCredentials: String
  /// Whether systemd starts units for one user alone, and so as that user and without most sandboxes.
  public var isUsersOwn: Bool
  /// Names the store, so that daemons of one machine leave each other's units alone.
  public var storeID: String
  /// The directory of the pipes; only the daemon enters it.
  public var pipes: String
  /// Is told when the disk that has the pipes is used, and when it has answered.
  public var disk: @Sendable (_ isInside: Bool) -> Void

  /// Puts settings together.
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

/// The transient unit of one attempt, as systemd is asked for it.
struct UnitOrder {
  let order: RunOrder
  let command: Command
  let settings: UnitSettings

  /// The name of an attempt's unit.
  static func name(of id: JobID) -> String { "tactus-\(id).service" }

  /// The daemon's own unit.
  private static let daemon = "tactusd.service"

  /// The attempt that a unit belongs to; nil if it is none of ours.
  static func job(of unit: String) -> JobID? {
    guard unit.hasPrefix("tactus-"), unit.hasSuffix(".service") else { return nil }
    return JobID(String(unit.dropFirst(7).dropLast(8)))
  }

  /// Fields of the unit's journal entries, by which the next daemon knows what no row may say.
  enum Field {
    static let store = "TACTUS_STORE"
    static let timeout = "TACTUS_TIMEOUT_USEC"
    static let logLimit = "TACTUS_LOG_LIMIT"
    static let killMode = "TACTUS_KILL_MODE"
  }

  private var name: String { Self.name(of: order.id) }
  private var user: String? { command.user ?? settings.defaultUser }

  /// What `EnvironmentFile=` of the definition says, read by the daemon as its own user: systemd would read as root, wherever a
  /// link leads, and process 1 would wait for whoever writes to a named pipe.
  var fileVariables: [String] = []
  /// The directory of the secrets, read in the same way; nil if there are none.
  var secrets: String?

  /// Whether variables come from files, and so in a file: those of the unit itself are shown to everybody.
  var needsFinalEnvironment: Bool { !command.environmentFiles.isEmpty }

  /// Everything but the descriptors.
  /// - Parameter finalEnvironment: the file that ``finalEnvironment`` was written to, if there has to be one.
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
      // Nothing in the arguments stands for anything: what the definition says is what runs. Doubled dollars rather than
      // ExecStartEx= with no-env-expand, because systemd 252 writes that down as a key that it does not know, and the
      // unit is bad-setting after the next daemon-reload.
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
    // systemd sets HOME itself for a user that it switches to.
    var base = settings.baseEnvironment.filter { user == nil || !$0.hasPrefix("HOME=") }
    // That of the account may be one that refuses logins, which systemd leaves out: the same as for the daemon's processes.
    if user != nil { base.append(Account.shell) }
    return ProcessEnvironment(base: base).variables(for: order, own: own)
  }

  /// The definition's own variables, with the place of the credentials in them.
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

  /// In double quotes, where a backslash goes before what would mean something.
  ///
  /// Source: systemd.exec(5), EnvironmentFile=.
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
      // All of a job ends when one of its processes was too much, and is told as just that.
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

  /// What keeps the unit after its process: how that ended, and what is in the pipes, until the end is durable here.
  ///
  /// For that every exit is a success in the eyes of systemd.
  private var life: [UnitProperty] {
    [
      UnitProperty("Type", .text("exec")), UnitProperty("RemainAfterExit", .flag(true)),
      UnitProperty("SuccessExitStatus", .exits(codes: Array(1...255), signals: Array(1...31) + Array(34...64))),
      // As for other commands: a pipe whose reader has ended ends the writer.
      UnitProperty("IgnoreSIGPIPE", .flag(false)), UnitProperty("KillMode", .text(command.killMode.rawValue)),
      UnitProperty("SendSIGKILL", .flag(true)),
      UnitProperty("TimeoutStopUSec", .number(UInt64(Limits.grace.microseconds))),
      UnitProperty("CollectMode", .text("inactive")),
      // `systemctl restart` would run the job again. RefuseManualStart= refuses our own start as well, and StartLimitBurst= counts
      // anew after a daemon-reload.
      UnitProperty("Asserts", .existing(UnitPipes(directory: settings.pipes, id: order.id).permit)),
      // At shutdown the later one goes first: a daemon that is still there would take the end for the job's own failure.
      UnitProperty("Before", .texts([Self.daemon])),
    ]
  }
}
