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

  private init(_ choice: CommandUser.Choice, hint: String? = nil, warning: String? = nil) {
    user = CommandUser(choice, hint: hint)
    self.warning = warning
  }

  /// Looks the account up, at the start and at every reload.
  static func find(_ settings: DaemonSettings, isSystem: Bool) -> JobUser {
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
    return JobUser(.account(account), hint: hint(for: account))
  }

  private static func refusing(_ reason: String) -> JobUser {
    JobUser(.nobody("commands cannot run here: \(reason)"), warning: "commands are refused: \(reason)")
  }

  /// Where a job that was denied something may write, and what would allow more.
  private static func hint(for account: Account) -> String {
    let isThere = access(account.home, F_OK) == 0
    return
      "it runs as \(account.name), in the sandbox of tactusd\(isThere ? ", and has \(account.home) to write to" : ""); "
      + "give \(account.name) the right and open the sandbox (ReadWritePaths= in a drop-in of tactusd.service), or run it by "
      + "Runner=systemd as another User="
  }
}

extension Health {
  /// Tells what an operator should know of the user of commands.
  func tell(_ user: JobUser) {
    if let warning = user.warning { tell(JournalEntry(.jobUserUnusable, warning)) }
  }
}
