import CLinux
import Glibc

extension Account {
  /// Opens a file with this account's rights to files, on the calling thread alone.
  ///
  /// Needs CAP_SETUID and CAP_SETGID. The descriptor is close-on-exec.
  ///
  /// Source: setfsuid(2), path_resolution(7)
  func open(_ path: String, _ flags: Int32) throws(SystemError) -> Int32 {
    try check(withIdentity { tactus_open_as($0, path, flags) }, "open", path)
  }

  /// The errno for which this account may not read a file; nil if it may.
  ///
  /// Needs CAP_SETUID and CAP_SETGID.
  public func refusalOfReading(_ path: String) -> Int32? {
    let answer = withIdentity { tactus_access_as($0, path, R_OK) }
    return answer < 0 ? -answer : nil
  }

  private func withIdentity<Value>(_ body: (UnsafePointer<tactus_identity>) -> Value) -> Value {
    groups.withUnsafeBufferPointer { groups in
      var identity = tactus_identity(
        user: user, group: group, groups: groups.baseAddress, group_count: UInt(groups.count))
      return body(&identity)
    }
  }
}
