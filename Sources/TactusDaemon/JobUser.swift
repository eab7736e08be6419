internal import Glibc
internal import TactusLinux
internal import TactusModel
internal import TactusPorts
internal import TactusRunners
internal import TactusUnitFile

/// Whom commands run as: in a system instance an account of their own, in a private one the daemon's user.
struct JobUser: Sendable {
  /// The choice for the runner.
  let user: CommandUser
  /// What an operator should know of it; nil if it is as it should be.
  let warning: String?

  private init(_ choice: CommandUser.Choice, hints: [Denial: String] = [:], warning: String? = nil) {
    user = CommandUser(choice, hints: hints)
    self.warning = warning
  }

  /// Looks the account up, at the start and at every reload.
  static func find(_ settings: DaemonSettings, isSystem: Bool, _ lookout: Lookout) -> JobUser {
    guard isSystem else { return JobUser(.own) }
    let name = settings.jobUser
    guard let account = Account.named(name) else {
      let reason =
        "there is no account \(name): make it with systemd-sysusers, or with useradd --system --create-home \(name), and reload"
      return geteuid() == 0 ? JobUser(.own, warning: "commands run as root, because \(reason)") : refusing(reason)
    }
    guard account.user != 0 else {
      return refusing("JobUser=\(name) is root, from whom nothing can be kept: name an account without rights")
    }
    guard account.user != geteuid() else {
      return refusing("tactusd itself runs as \(name), to whom its store belongs: run it as another user")
    }
    guard Privileges.coverOtherUsers else {
      return refusing(
        "tactusd runs as \(Account.name(of: geteuid())) and may not become \(name): "
          + "AmbientCapabilities=CAP_SETUID CAP_SETGID CAP_KILL in its unit allows it, or Instance=private in tactusd.conf"
      )
    }
    let hasHome = if case .status = lookout.look(.status, account.home) { true } else { false }
    return JobUser(.account(account), hints: hints(for: account, hasHome: hasHome))
  }

  private static func refusing(_ reason: String) -> JobUser {
    JobUser(.nobody("commands cannot run here: \(reason)"), warning: "commands are refused: \(reason)")
  }

  /// What a job that was denied something has, and what would allow more.
  static func hints(for account: Account, hasHome: Bool) -> [Denial: String] {
    let name = account.name
    let place = "it runs as \(name), in the sandbox of tactusd\(hasHome ? ", and has \(account.home) to write to" : "")"
    let sandbox = "(ReadWritePaths= in a drop-in of tactusd.service)"
    let other = "or run it by Runner=systemd as another User="
    return [
      .readOnly: "\(place); give \(name) the right and open the sandbox \(sandbox), \(other)",
      // The words are the same for all of it.
      .noRight:
        "\(place); give \(name) the right to what it reads, writes or executes, where it writes open the sandbox "
        + "too \(sandbox), \(other)",
      .noPrivilege: "it runs as \(name) without any privilege, in the sandbox of tactusd; Runner=systemd can run it as "
        + "another User=",
    ]
  }
}

extension Health {
  /// Tells what an operator should know of the user of commands.
  func tell(_ user: JobUser) {
    if let warning = user.warning { tell(JournalEntry(.jobUserUnusable, warning)) }
  }
}
