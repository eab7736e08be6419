import Glibc

/// Groups of users.
public enum Group {
  /// The number of a group; nil if the name does not exist. Source: getgrnam_r(3)
  public static func number(named name: String) -> UInt32? { entry(name).number }

  /// Whether a group exists; nil if the machine's databases do not answer.
  public static func isThere(_ name: String) -> Bool? {
    let (code, number) = entry(name)
    return number != nil ? true : NameLookup.foundNothing(code) ? false : nil
  }

  private static func entry(_ name: String) -> (code: Int32, number: UInt32?) {
    var size = 1 << 10
    while size <= 1 << 20 {
      var buffer = [CChar](repeating: 0, count: size)
      var entry = group()
      var found: UnsafeMutablePointer<group>?
      let code = getgrnam_r(name, &entry, &buffer, buffer.count, &found)
      guard code == ERANGE else { return (code, code == 0 && found != nil ? entry.gr_gid : nil) }
      // A group with many members needs a larger buffer.
      size *= 4
    }
    return (ERANGE, nil)
  }
}
