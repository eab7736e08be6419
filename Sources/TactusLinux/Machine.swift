import CLinux
import Glibc

/// Facts about the machine.
public enum Machine {
  /// What names this boot: pids and start ticks mean nothing in another.
  public static func bootID() throws(SystemError) -> String {
    let path = "/proc/sys/kernel/random/boot_id"
    guard let text = SmallFile.text(path) else { throw SystemError(code: ENOENT, operation: "read", subject: path) }
    return String(text.prefix { $0 != "\n" })
  }

  /// CPUs that this process may use; at least 1.
  public static var coreCount: Int { max(1, Int(tactus_core_count())) }
}
