internal import TactusLinux
internal import TactusRunners
internal import TactusUnitFile

/// Chooses the account with whose rights the daemon reads the files that definitions name.
enum CredentialUser {
  /// Looks up the account, at the start and at every reload.
  ///
  /// Without `CredentialUser=`, a system instance that runs as root reads them as the user of its commands, because its
  /// admins are not root. Any other daemon reads them as itself.
  static func find(_ settings: DaemonSettings, isSystem: Bool, jobUser: JobUser) -> InputReader.Choice {
    guard isSystem else { return .own }
    guard let name = settings.credentialUser else {
      guard OwnProcess.user == 0 else { return .own }
      return switch jobUser.user.choice {
      case .own: .own  // commands also run as root
      case .account(let account): .account(account)
      case .nobody(let sentence): .nobody(sentence)
      }
    }
    guard let account = Account.named(name) else {
      return .nobody(
        "the account \(name) does not exist (CredentialUser= in tactusd.conf). Create it, or name another, and reload")
    }
    if account.user == OwnProcess.user { return .own }
    guard Privileges.coverOtherUsers else {
      return .nobody(
        "tactusd may not read as \(name) (CredentialUser= in tactusd.conf). "
          + "Set AmbientCapabilities=CAP_SETUID CAP_SETGID CAP_KILL in its unit")
    }
    return .account(account)
  }
}
