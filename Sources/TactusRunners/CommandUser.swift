public import TactusLinux

/// Whom the daemon's own processes run as, which is its choice alone.
public struct CommandUser: Hashable, Sendable {
  /// Who it is.
  public enum Choice: Hashable, Sendable {
    /// The daemon's own user, with all that this one may do.
    case own
    /// Another one, without any privilege.
    case account(Account)
    /// Nobody: commands are refused, with this sentence.
    case nobody(String)
  }

  /// Who it is.
  public var choice: Choice
  /// What to tell of a job that was denied something: what it may, and what allows more; nothing of what is not there.
  public var hints: [Denial: String]

  /// Puts one together.
  public init(_ choice: Choice, hints: [Denial: String] = [:]) {
    self.choice = choice
    self.hints = hints
  }

  /// The account that a job becomes; nil if it stays the daemon's user.
  /// - Throws: ``DefinitionFault`` if nobody may run one.
  func account() throws(DefinitionFault) -> Account? {
    switch choice {
    case .own: nil
    case .account(let account): account
    case .nobody(let sentence): throw DefinitionFault(sentence)
    }
  }
}

extension Account {
  /// The shell is one that runs commands, as under cron: that of a service account only says that nobody may log in.
  static let shell = "SHELL=/bin/sh"

  /// What a login would tell the user of itself, as `NAME=value`.
  var variables: [String] { ["HOME=\(home)", "USER=\(name)", "LOGNAME=\(name)", Self.shell] }
}
