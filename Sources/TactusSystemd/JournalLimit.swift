import CSystemd
import Glibc

/// The number of messages that the journal accepts from one unit in a span of time before it suppresses the rest.
public enum JournalLimit {
  /// Whether the common limit of journald.conf(5) applies, because the unit of this process sets no limit.
  ///
  /// systemd passes the limits to journald as links, one for each unit of the system. The link of a user's manager
  /// applies to the services of that user.
  public static var isCommon: Bool {
    var name: UnsafeMutablePointer<CChar>?
    guard sd_pid_get_unit(0, &name) >= 0, let name else { return true }
    defer { free(name) }
    var status = stat()
    return lstat("/run/systemd/units/log-rate-limit-burst:\(String(cString: name))", &status) != 0
  }
}
