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

  /// Whether something keeps the wall clock right; nil if the kernel does not tell. Source: adjtimex(2)
  public static var isClockSynchronized: Bool? {
    let answer = tactus_clock_is_synchronized()
    return answer < 0 ? nil : answer == 1
  }

  /// Descriptors that this process may have. Source: getrlimit(2), RLIMIT_NOFILE
  public static var descriptorLimit: Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
    return Int(clamping: limit.rlim_cur)
  }

  /// CPUs that this process may use; at least 1.
  public static var coreCount: Int { max(1, Int(tactus_core_count())) }
}
