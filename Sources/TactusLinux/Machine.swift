import CLinux
import Glibc

/// Facts about the machine.
public enum Machine {
  /// The id of this boot.
  ///
  /// Pids and start ticks are meaningless in another one.
  public static func bootID() throws(SystemError) -> String {
    let path = "/proc/sys/kernel/random/boot_id"
    guard let text = SmallFile.text(path) else { throw SystemError(code: ENOENT, operation: "read", subject: path) }
    return String(text.prefix { $0 != "\n" })
  }

  /// Whether the wall clock is synchronized; nil if the kernel does not say. Source: adjtimex(2)
  public static var isClockSynchronized: Bool? {
    let answer = tactus_clock_is_synchronized()
    return answer < 0 ? nil : answer == 1
  }

  /// The limit of open descriptors for this process. Source: getrlimit(2), RLIMIT_NOFILE
  public static var descriptorLimit: Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
    return Int(clamping: limit.rlim_cur)
  }

  /// The number of CPUs that this process may use, at least 1.
  public static var coreCount: Int { max(1, Int(tactus_core_count())) }
}
