internal import TactusLinux
internal import TactusModel
internal import TactusPorts
internal import TactusRunners
internal import TactusUnitFile

/// The user of commands: a separate account in a system instance, the user of the daemon's process in a private one.
struct JobUser: Sendable {
  /// The choice for the runner.
  let user: CommandUser
  /// The warning for the operator; nil if commands run as intended.
  let warning: String?

  private init(_ choice: CommandUser.Choice, hints: [Denial: String] = [:], warning: String? = nil) {
    user = CommandUser(choice, hints: hints)
    self.warning = warning
  }

  /// Looks up the account, at the start and at every reload.
  static func find(_ settings: DaemonSettings, isSystem: Bool, _ lookout: Lookout) -> JobUser {
    guard isSystem else { return JobUser(.own) }
    let name = settings.jobUser
    guard let account = Account.named(name) else {
      let reason =
        "the account \(name) does not exist. Run systemd-sysusers, or useradd --system --create-home \(name), "
        + "then tactusctl reload"
      return OwnProcess.user == 0 ? JobUser(.own, warning: "commands run as root, because \(reason)") : refusing(reason)
    }
    guard account.user != 0 else {
      return refusing("JobUser=\(name) is root, which cannot be restricted. Use an unprivileged account")
    }
    guard account.user != OwnProcess.user else {
      return refusing("tactusd itself runs as \(name), which owns its store. Run tactusd as another user")
    }
    guard Privileges.coverOtherUsers else {
      return refusing(
        "tactusd runs as \(Account.name(of: OwnProcess.user)) and may not become \(name). "
          + "Set AmbientCapabilities=CAP_SETUID CAP_SETGID CAP_KILL in its unit, or Instance=private in tactusd.conf")
    }
    let hasHome = if case .status = lookout.look(.status, account.home) { true } else { false }
    return JobUser(.account(account), hints: hints(for: account, hasHome: hasHome))
  }

  private static func refusing(_ reason: String) -> JobUser {
    JobUser(.nobody("commands cannot run here: \(reason)"), warning: "commands are refused: \(reason)")
  }

  /// The rights of a job that was denied access, and the ways to more rights.
  static func hints(for account: Account, hasHome: Bool) -> [Denial: String] {
    let name = account.name
    let place = "it runs as \(name) in the sandbox of tactusd\(hasHome ? " and may write to \(account.home)" : "")"
    let sandbox = "set ReadWritePaths= in a drop-in of tactusd.service"
    let other = "Or use Runner=systemd with another User="
    return [
      .readOnly: "\(place). Grant \(name) write access, and \(sandbox). \(other)",
      // The output does not show whether it reads, writes or executes.
      .noRight:
        "\(place). Grant \(name) access to what it reads, writes or executes. For write access, also \(sandbox). "
        + other,
      .noPrivilege:
        "it runs as \(name) in the sandbox of tactusd without any privilege. Use Runner=systemd with another User=",
    ]
  }
}

extension Health {
  /// Reports the warning about the user of commands.
  func report(_ user: JobUser) {
    if let warning = user.warning { report(JournalEntry(.jobUserUnusable, warning)) }
  }
}
