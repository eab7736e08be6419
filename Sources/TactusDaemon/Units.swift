internal import Glibc
internal import TactusLinux
internal import TactusPorts
internal import TactusRunners
internal import TactusSystemd

/// The settings of this daemon's transient units, and the address of their manager.
enum Units {
  /// The address of the manager that starts units.
  ///
  /// Root connects to the manager itself, and so does a user with a user manager. Other users call it on the system
  /// bus, where polkit decides.
  static var address: UnitBus.Address {
    guard geteuid() != 0 else { return .manager("/run/systemd/private") }
    let own = variable("XDG_RUNTIME_DIR").map { "\($0)/systemd/private" }
    if let own, access(own, W_OK) == 0 { return .manager(own) }
    return .system
  }

  /// The directory of the pipes of units.
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

  /// The user of units without `User=` under the system's manager: never root, unless the daemon itself is root.
  private static func defaultUser(_ jobUser: String, isSystem: Bool) -> String? {
    guard geteuid() == 0 else { return isSystem ? jobUser : "\(geteuid())" }
    return isSystem && getpwnam(jobUser) != nil ? jobUser : nil
  }

  private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}

extension Health {
  /// Reports a fault of the pipe directory, which keeps all units from starting.
  func report(_ pipes: PipeDirectory) {
    if let fault = pipes.fault {
      report(JournalEntry(.pipesUnusable, "commands cannot run as systemd units: \(fault)"))
    }
  }
}
