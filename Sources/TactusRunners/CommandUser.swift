public import TactusLinux

/// The account that the daemon's own processes run under.
///
/// The daemon alone chooses it.
public struct CommandUser: Hashable, Sendable {
  /// The possible accounts.
  public enum Choice: Hashable, Sendable {
    /// The user of the daemon, with all of its privileges.
    case own
    /// Another account, without privileges.
    case account(Account)
    /// No account: every command is refused with this message.
    case nobody(String)
  }

  /// The account in use.
  public var choice: Choice
  /// Hints for a job that was denied something: what it may do, and what would allow more.
  ///
  /// A denial without a hint has no entry.
  public var hints: [Denial: String]

  /// Creates a command user.
  public init(_ choice: Choice, hints: [Denial: String] = [:]) {
    self.choice = choice
    self.hints = hints
  }

  /// The account that a job switches to; nil if it keeps the user of the daemon.
  ///
  /// - Throws: ``DefinitionFault`` if no job may run.
  func account() throws(DefinitionFault) -> Account? {
    switch choice {
    case .own: nil
    case .account(let account): account
    case .nobody(let sentence): throw DefinitionFault(sentence)
    }
  }
}

extension Account {
  /// A shell that runs commands, as under cron.
  ///
  /// The shell of a service account would only refuse logins.
  static let shell = "SHELL=/bin/sh"

  /// The variables that a login would set for the account, as `NAME=value`.
  var variables: [String] { ["HOME=\(home)", "USER=\(name)", "LOGNAME=\(name)", Self.shell] }
}
