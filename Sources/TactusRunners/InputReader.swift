import Glibc
import Synchronization
public import TactusLinux

/// With whose rights the files are read that definitions name: `EnvironmentFile=` and `LoadCredential=`.
///
/// A daemon that runs as root may read everything. Those who may define workflows read no more by it than this user.
///
/// Any queue.
public final class InputReader: Sendable {
  /// With whose rights.
  public enum Choice: Hashable, Sendable {
    /// The daemon's own.
    case own
    /// Those of another user.
    case account(Account)
    /// Nobody's: such files are refused, with this sentence.
    case nobody(String)
  }

  private let state: Mutex<Choice>

  /// A reader with somebody's rights.
  public init(_ choice: Choice = .own) { state = Mutex(choice) }

  /// Reads with these rights from now on.
  public func read(as choice: Choice) { state.withLock { $0 = choice } }

  /// With whose rights now.
  var choice: Choice { state.withLock { $0 } }

  /// The user with whose rights files are read; nil for the daemon's own.
  public var account: Account? { choice.account }
}

extension InputReader.Choice {
  /// The user; nil for the daemon's own.
  var account: Account? { if case .account(let account) = self { account } else { nil } }

  /// The clause that follows an error of reading: who needs the right to read; empty for other errors.
  func sentence(for error: SystemError) -> String {
    guard error.code == EACCES || error.code == EPERM else { return "" }
    guard let account else {
      return "; \(Account.name(of: geteuid())), whom tactusd runs as, has to be able to read it"
    }
    return "; tactusd reads it with the rights of \(account.name), see CredentialUser= in tactusd.conf(5). "
      + "Let \(account.name) read it"
  }
}
