import CLinux
import Glibc

/// A user account of this machine that programs may run under.
public struct Account: Hashable, Sendable {
  /// The name, as in passwd(5).
  public var name: String
  /// The user number.
  public var user: UInt32
  /// The number of its primary group.
  public var group: UInt32
  /// The numbers of all its groups, including the primary one.
  public var groups: [UInt32]
  /// The home directory, which may be missing.
  public var home: String

  /// Creates an account.
  public init(name: String, user: UInt32, group: UInt32, groups: [UInt32], home: String) {
    self.name = name
    self.user = user
    self.group = group
    self.groups = groups
    self.home = home
  }

  /// Looks up an account by name; nil if it does not exist.
  ///
  /// Source: getpwnam_r(3), getgrouplist(3)
  public static func named(_ name: String) -> Account? {
    entry { getpwnam_r(name, $0, $1, $2, $3) }.account
  }

  /// Whether an account exists; nil if the machine's databases do not answer.
  public static func isThere(_ name: String) -> Bool? {
    let (code, account) = entry { getpwnam_r(name, $0, $1, $2, $3) }
    return account != nil ? true : NameLookup.foundNothing(code) ? false : nil
  }

  /// The name of a user for messages, or the number if it has no name.
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
      // Some libraries return the required count, others do not change it.
      count = max(count, room * 2)
    }
    return [own]
  }
}

/// Passes an account to the body in the kernel's form, without names.
///
/// A nil account means the current user.
func withIdentity<Value>(of account: Account?, _ body: (UnsafePointer<tactus_identity>?) -> Value) -> Value {
  guard let account else { return body(nil) }
  return account.groups.withUnsafeBufferPointer { groups in
    var identity = tactus_identity(
      user: account.user, group: account.group, groups: groups.baseAddress, group_count: UInt(groups.count))
    return body(&identity)
  }
}

/// The result of looking up a name in the machine's databases.
enum NameLookup {
  /// Whether a result code means that the name does not exist.
  ///
  /// Other codes mean that the lookup failed.
  ///
  /// Source: getpwnam(3), "RETURN VALUE", which names these besides 0
  static func foundNothing(_ code: Int32) -> Bool { [0, ENOENT, ESRCH].contains(code) }
}

/// The privileges of this process beyond those of its user.
public enum Privileges {
  /// Whether it may switch to any user and signal what it then starts: CAP_SETUID, CAP_SETGID and CAP_KILL.
  ///
  /// Source: capabilities(7)
  public static var coverOtherUsers: Bool {
    let (kill, setgid, setuid) = (5, 6, 7)
    let wanted = [kill, setgid, setuid].reduce(0 as UInt64) { $0 | 1 << UInt64($1) }
    return tactus_capabilities() & wanted == wanted
  }
}
