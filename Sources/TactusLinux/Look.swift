import Glibc
public import TactusModel

/// A look at a path that another user names and that may not answer.
///
/// See ``Lookout``.
public struct Look: Hashable, Sendable {
  /// The kind of a look.
  public enum Kind: Hashable, Sendable {
    /// The status of the file, after following links, and this process's rights to it.
    case status
    /// The status of the file, without following a link.
    case linkStatus
    /// The first bytes of a regular file, up to a limit.
    case contents(limit: Int)
    /// The names in a directory, unsorted, without `.` and `..`.
    case names
  }

  /// The path.
  public var path: String
  /// The kind of the look.
  public var kind: Kind
  /// Where the path is named, for messages: ``SilentPaths/Silence/use``.
  public var use: String

  /// Creates a look.
  ///
  /// Without a use, messages name the path.
  public init(_ kind: Kind, _ path: String, use: String? = nil) {
    (self.kind, self.path, self.use) = (kind, path, use ?? path)
  }
}

/// The result of a look.
public enum Looked: Sendable {
  /// The status of the file.
  case status(FileStatus)
  /// The bytes of a file.
  case contents([UInt8], FileStatus)
  /// The names in a directory.
  case names([String], FileStatus)
  /// The reason for a failure.
  case failed(SystemError)
  /// The path has not answered since this instant.
  ///
  /// If that was known before, it was not asked again.
  case silent(since: Instant, wasKnown: Bool)
}

/// The status of a file.
public struct FileStatus: Hashable, Sendable {
  /// Its type and mode, as in stat(2).
  public var mode: UInt32
  /// Its owner.
  public var user: UInt32
  /// Its group.
  public var group: UInt32
  /// The errno of faccessat(2) for reading it; 0 if access is allowed or was not checked.
  public var readError: Int32 = 0
  /// The same for executing or entering it.
  public var executeError: Int32 = 0

  /// Whether it is a directory.
  public var isDirectory: Bool { mode & S_IFMT == S_IFDIR }
  /// Whether it is a regular file.
  public var isRegular: Bool { mode & S_IFMT == S_IFREG }
}

extension Looked {
  /// The message for a path that does not answer; nil for other results.
  public var silence: String? {
    guard case .silent(let since, let wasKnown) = self else { return nil }
    return wasKnown ? SilentPaths.words(since: since) : SilentPaths.words(within: Limits.pathPatience)
  }

  /// Whether the path certainly does not exist.
  public var isAbsence: Bool {
    guard case .failed(let error) = self else { return false }
    return error.code == ENOENT || error.code == ENOTDIR
  }
}
