/// A denial by the system, in the words of strerror(3), which programs repeat.
public enum Denial: String, CaseIterable, Hashable, Sendable {
  /// EROFS: writing to a read-only file system.
  case readOnly = "Read-only file system"
  /// EACCES: reading, writing, executing or entering.
  ///
  /// The words do not say which.
  case noRight = "Permission denied"
  /// EPERM: an operation that needs a privilege.
  case noPrivilege = "Operation not permitted"
}
