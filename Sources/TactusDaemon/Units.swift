internal import Glibc
internal import TactusLinux
internal import TactusPorts
internal import TactusRunners
internal import TactusSystemd

/// What transient units of this daemon are made of, and by whom.
enum Units {
  /// Root speaks to the manager itself, and so does a user with a manager of his own; other users of the system ask on
  /// the system bus, where polkit decides.
  static var address: UnitBus.Address {
    guard geteuid() != 0 else { return .manager("/run/systemd/private") }
    let own = variable("XDG_RUNTIME_DIR").map { "\($0)/systemd/private" }
    if let own, access(own, W_OK) == 0 { return .manager(own) }
    return .system
  }

  /// Where the pipes of units lie.
  static func pipes(_ directories: Directories) -> PipeDirectory { PipeDirectory(at: "\(directories.state)/pipes") }

  static func settings(
    _ directories: Directories, _ authority: Authority, jobUser: String, storeID: String,
    disk: @escaping @Sendable (_ isInside: Bool) -> Void,
    environment: [String], directory: String
  ) -> UnitSettings {
    let isUsersOwn = geteuid() != 0 && address != .system
    let runtime = isUsersOwn ? variable("XDG_RUNTIME_DIR") ?? "/run" : "/run"
    let user = isUsersOwn ? nil : defaultUser(jobUser, isSystem: authority.isSystem)
    return UnitSettings(
      baseEnvironment: environment, defaultDirectory: directory,
      defaultUser: user,
      credentials: variable("CREDENTIALS_DIRECTORY"), secrets: "\(directories.runtime)/unit-credentials",
      unitCredentials: "\(runtime)/credentials",
      isUsersOwn: isUsersOwn, storeID: storeID,
      pipes: pipes(directories).path, disk: disk)
  }

  /// Whom the system's manager runs commands as that name nobody: never as root for a daemon that is not root itself.
  private static func defaultUser(_ jobUser: String, isSystem: Bool) -> String? {
    guard geteuid() == 0 else { return isSystem ? jobUser : "\(geteuid())" }
    return isSystem && getpwnam(jobUser) != nil ? jobUser : nil
  }

  private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}

extension Health {
  /// Tells what keeps every unit from starting.
  func tell(_ pipes: PipeDirectory) {
    if let fault = pipes.fault {
      tell(JournalEntry(.pipesUnusable, "no command can run as a unit of systemd, because \(fault)"))
    }
  }
}
