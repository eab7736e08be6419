import Glibc

/// This process: its id, its user and its environment.
public enum OwnProcess {
  /// The process id.
  public static var id: Int { Int(getpid()) }

  /// The effective user id, which decides what it may do.
  public static var user: UInt32 { geteuid() }

  /// The value of an environment variable; nil if it is not set.
  ///
  /// Any thread, because nothing changes the environment after the start.
  public static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
