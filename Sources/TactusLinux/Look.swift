import Glibc
public import TactusModel

/// A look at a path that somebody else names, and that may not answer: see ``Lookout``.
public struct Look: Hashable, Sendable {
  /// What is asked.
  public enum Kind: Hashable, Sendable {
    /// What is there, links followed, and what this process may do with it.
    case status
    /// What is there; of a link, the link.
    case linkStatus
    /// The first bytes of a regular file, at most so many.
    case contents(limit: Int)
    /// The names in a directory, unsorted, without `.` and `..`.
    case names
  }

  /// The path.
  public var path: String
  /// What is asked.
  public var kind: Kind
  /// Where the path is named, for people: ``SilentPaths/Silence/use``.
  public var use: String

  /// Puts one together; without a use the path speaks for itself.
  public init(_ kind: Kind, _ path: String, use: String? = nil) {
    (self.kind, self.path, self.use) = (kind, path, use ?? path)
  }
}

/// What a look saw.
public enum Looked: Sendable {
  /// What is there.
  case status(FileStatus)
  /// The bytes of a file.
  case contents([UInt8], FileStatus)
  /// The names in a directory.
  case names([String], FileStatus)
  /// Why nothing was seen.
  case failed(SystemError)
  /// The path has not answered since then; known before means that it was not asked again.
  case silent(since: Instant, wasKnown: Bool)
}

/// What is known of a file.
public struct FileStatus: Hashable, Sendable {
  /// Its type and mode, as in stat(2).
  public var mode: UInt32
  /// Its owner.
  public var user: UInt32
  /// Its group.
  public var group: UInt32
  /// The errno of faccessat(2) for reading it; 0 if this process may, or was not asked.
  public var readError: Int32 = 0
  /// The same for executing or entering it.
  public var executeError: Int32 = 0

  /// Whether it is a directory.
  public var isDirectory: Bool { mode & S_IFMT == S_IFDIR }
  /// Whether it is a regular file.
  public var isRegular: Bool { mode & S_IFMT == S_IFREG }
}

extension Looked {
  /// Why nothing was seen of a path that does not answer; nil for all others.
  public var silence: String? {
    guard case .silent(let since, let wasKnown) = self else { return nil }
    return wasKnown ? SilentPaths.words(since: since) : SilentPaths.words(within: Limits.pathPatience)
  }

  /// Whether it is certain that nothing is there.
  public var isAbsence: Bool {
    guard case .failed(let error) = self else { return false }
    return error.code == ENOENT || error.code == ENOTDIR
  }
}
