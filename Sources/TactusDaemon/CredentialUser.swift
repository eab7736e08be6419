internal import Glibc
internal import TactusLinux
internal import TactusRunners
internal import TactusUnitFile

/// With whose rights the daemon reads the files that definitions name.
enum CredentialUser {
  /// Looks the account up, at the start and at every reload.
  ///
  /// Without `CredentialUser=` a system instance of root reads them as the user of its commands, because its admins are not root; any
  /// other daemon reads them as itself.
  static func find(_ settings: DaemonSettings, isSystem: Bool, jobUser: JobUser) -> InputReader.Choice {
    guard isSystem else { return .own }
    guard let name = settings.credentialUser else {
      guard geteuid() == 0 else { return .own }
      return switch jobUser.user.choice {
      case .own: .own  // Commands run as root as well.
      case .account(let account): .account(account)
      case .nobody(let sentence): .nobody(sentence)
      }
    }
    guard let account = Account.named(name) else {
      return .nobody(
        "there is no account \(name) (CredentialUser= in tactusd.conf). Make it, or name another, and reload")
    }
    if account.user == geteuid() { return .own }
    guard Privileges.coverOtherUsers else {
      return .nobody(
        "tactusd may not read as \(name) (CredentialUser= in tactusd.conf). Add AmbientCapabilities=CAP_SETUID CAP_SETGID "
          + "CAP_KILL to its unit")
    }
    return .account(account)
  }
}
