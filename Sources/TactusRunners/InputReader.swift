import Glibc
import Synchronization
public import TactusLinux

/// Decides which user's rights the daemon reads `EnvironmentFile=` and `LoadCredential=` with.
///
/// A daemon that runs as root may read every file. The choice keeps definitions from reading more than the chosen user
/// may.
///
/// Any queue.
public final class InputReader: Sendable {
  /// The possible rights.
  public enum Choice: Hashable, Sendable {
    /// The rights of the daemon.
    case own
    /// The rights of another user.
    case account(Account)
    /// No rights: such files are refused with this message.
    case nobody(String)
  }

  private let state: Mutex<Choice>

  /// Creates a reader.
  public init(_ choice: Choice = .own) { state = Mutex(choice) }

  /// Sets the rights for all further reads.
  public func read(as choice: Choice) { state.withLock { $0 = choice } }

  /// The rights in use.
  var choice: Choice { state.withLock { $0 } }

  /// The user whose rights are used; nil for the daemon's own.
  public var account: Account? { choice.account }
}

extension InputReader.Choice {
  /// The user; nil for the daemon's own rights.
  var account: Account? { if case .account(let account) = self { account } else { nil } }

  /// The text to append to a read error: the user that needs access.
  ///
  /// Empty for other errors.
  func sentence(for error: SystemError) -> String {
    guard error.code == EACCES || error.code == EPERM else { return "" }
    guard let account else {
      return ". Let \(Account.name(of: geteuid())), the user of tactusd, read it"
    }
    return ". tactusd reads it with the rights of \(account.name), see CredentialUser= in tactusd.conf(5). "
      + "Let \(account.name) read it"
  }
}
