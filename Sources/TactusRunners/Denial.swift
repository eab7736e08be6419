/// What the system denies a program, in the words of strerror(3), which programs pass on.
public enum Denial: String, CaseIterable, Hashable, Sendable {
  /// EROFS: to write, where nobody may.
  case readOnly = "Read-only file system"
  /// EACCES: to read, to write, to execute or to enter; the words do not tell which.
  case noRight = "Permission denied"
  /// EPERM: what needs a privilege.
  case noPrivilege = "Operation not permitted"
}
