import CSystemd
import Glibc

/// How much the journal takes of one unit in a span of time, before it suppresses the rest.
public enum JournalLimit {
  /// Whether that is what journald.conf(5) says for all, because the unit of this process has no limit of its own.
  ///
  /// systemd tells journald by links, one for each unit of the system; a user's services are under that of the user's manager.
  public static var isCommon: Bool {
    var name: UnsafeMutablePointer<CChar>?
    guard sd_pid_get_unit(0, &name) >= 0, let name else { return true }
    defer { free(name) }
    var status = stat()
    return lstat("/run/systemd/units/log-rate-limit-burst:\(String(cString: name))", &status) != 0
  }
}
