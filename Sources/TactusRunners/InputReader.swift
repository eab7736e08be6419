import Glibc
import Synchronization
public import TactusLinux

/// Reads the files that definitions name, `EnvironmentFile=` and `LoadCredential=`, with the rights of one user.
///
/// A daemon that runs as root may read everything, and those who may define workflows are to read no more by it than that user.
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

  private let choice: Mutex<Choice>

  /// A reader with somebody's rights.
  public init(_ choice: Choice = .own) { self.choice = Mutex(choice) }

  /// Reads with these rights from now on.
  public func read(as choice: Choice) { self.choice.withLock { $0 = choice } }

  /// The user with whose rights files are read; nil for the daemon's own.
  public var account: Account? {
    if case .account(let account) = choice.withLock({ $0 }) { account } else { nil }
  }

  /// The bytes of a regular file of at most so many.
  ///
  /// - Throws: ``DefinitionFault`` if nobody may read, ``SystemError`` if the file cannot be read; EFBIG for one that is larger.
  func bytes(of path: String, limit: Int) throws -> [UInt8] {
    switch choice.withLock({ $0 }) {
    case .own: return try RegularFile.bytes(path, limit: limit)
    case .account(let account): return try RegularFile.bytes(path, limit: limit, as: account)
    case .nobody(let sentence): throw DefinitionFault(sentence)
    }
  }

  /// Goes on behind an error of reading: who may not read, and has to; empty for other errors.
  func sentence(for error: SystemError) -> String {
    guard error.code == EACCES || error.code == EPERM else { return "" }
    guard let account else {
      return "; \(Account.name(of: geteuid())), whom tactusd runs as, has to be able to read it"
    }
    return "; tactusd reads it with the rights of \(account.name), see CredentialUser= in tactusd.conf(5). "
      + "Let \(account.name) read it"
  }
}
