import CLinux
import Glibc

/// A user of this machine, as whom programs may run.
public struct Account: Hashable, Sendable {
  /// The name, as in passwd(5).
  public var name: String
  /// The number.
  public var user: UInt32
  /// The number of its own group.
  public var group: UInt32
  /// All its groups, its own included.
  public var groups: [UInt32]
  /// The home directory, which need not exist.
  public var home: String

  /// Puts an account together.
  public init(name: String, user: UInt32, group: UInt32, groups: [UInt32], home: String) {
    self.name = name
    self.user = user
    self.group = group
    self.groups = groups
    self.home = home
  }

  /// Looks an account up; nil if there is none of that name.
  ///
  /// Source: getpwnam_r(3), getgrouplist(3)
  public static func named(_ name: String) -> Account? {
    entry { getpwnam_r(name, $0, $1, $2, $3) }.account
  }

  /// Whether there is an account of a name; nil if the machine's databases do not tell.
  public static func isThere(_ name: String) -> Bool? {
    let (code, account) = entry { getpwnam_r(name, $0, $1, $2, $3) }
    return account != nil ? true : NameLookup.foundNothing(code) ? false : nil
  }

  /// The name of a user, or the number where there is none; for sentences.
  public static func name(of user: UInt32) -> String {
    entry { getpwuid_r(user, $0, $1, $2, $3) }.account?.name ?? "uid \(user)"
  }

  private typealias Lookup = (
    UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int, UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
  ) -> Int32

  private static func entry(_ look: Lookup) -> (code: Int32, account: Account?) {
    var size = 1 << 10
    while size <= 1 << 20 {
      var buffer = [CChar](repeating: 0, count: size)
      let (code, account) = buffer.withUnsafeMutableBufferPointer { buffer -> (Int32, Account?) in
        guard let start = buffer.baseAddress else { return (ENOMEM, nil) }
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        let code = look(&entry, start, buffer.count, &found)
        return (code, code == 0 && found != nil ? Account(entry) : nil)
      }
      guard code == ERANGE else { return (code, account) }
      size *= 4
    }
    return (ERANGE, nil)
  }

  private init(_ entry: passwd) {
    let name = String(cString: entry.pw_name)
    self.init(
      name: name, user: entry.pw_uid, group: entry.pw_gid, groups: Self.groups(of: name, entry.pw_gid),
      home: String(cString: entry.pw_dir))
  }

  private static func groups(of name: String, _ own: UInt32) -> [UInt32] {
    var count: Int32 = 32
    while count <= 1 << 16 {
      var groups = [gid_t](repeating: 0, count: Int(count))
      let room = count
      if getgrouplist(name, own, &groups, &count) >= 0 { return Array(groups.prefix(Int(count))) }
      // Some libraries tell how many there are, others leave the count.
      count = max(count, room * 2)
    }
    return [own]
  }
}

/// An account as the kernel takes it, without names; nil for whom this process runs as.
func withIdentity<Value>(of account: Account?, _ body: (UnsafePointer<tactus_identity>?) -> Value) -> Value {
  guard let account else { return body(nil) }
  return account.groups.withUnsafeBufferPointer { groups in
    var identity = tactus_identity(
      user: account.user, group: account.group, groups: groups.baseAddress, group_count: UInt(groups.count))
    return body(&identity)
  }
}

/// What looking a name up in the machine's databases came to.
enum NameLookup {
  /// Whether a result code means that there is no such name, rather than that nobody knows.
  ///
  /// Source: getpwnam(3), "RETURN VALUE", which names these besides 0
  static func foundNothing(_ code: Int32) -> Bool { [0, ENOENT, ESRCH].contains(code) }
}

/// What this process may do beyond its user.
public enum Privileges {
  /// Whether it may become any other user, and signal what it has started then: CAP_SETUID, CAP_SETGID and CAP_KILL.
  ///
  /// Source: capabilities(7)
  public static var coverOtherUsers: Bool {
    let (kill, setgid, setuid) = (5, 6, 7)
    let wanted = [kill, setgid, setuid].reduce(0 as UInt64) { $0 | 1 << UInt64($1) }
    return tactus_capabilities() & wanted == wanted
  }
}
