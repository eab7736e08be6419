import Glibc

extension Group {
  /// The name of a group and the members that the machine's databases list; nil if the group does not exist.
  ///
  /// Users with this primary group are not listed.
  ///
  /// Source: getgrgid_r(3)
  public static func entry(of number: UInt32) -> (name: String, members: [String])? {
    var size = 1 << 10
    while size <= 1 << 20 {
      var buffer = [CChar](repeating: 0, count: size)
      var entry = group()
      var found: UnsafeMutablePointer<group>?
      let code = getgrgid_r(number, &entry, &buffer, buffer.count, &found)
      if code == ERANGE {
        // A group with many members needs a larger buffer.
        size *= 4
        continue
      }
      guard code == 0, found != nil else { return nil }
      var members: [String] = []
      var next = entry.gr_mem
      while let name = next?.pointee {
        members.append(String(cString: name))
        next = next?.advanced(by: 1)
      }
      return (String(cString: entry.gr_name), members)
    }
    return nil
  }

  /// The name of a group for messages, or the number if it has no name.
  public static func name(of number: UInt32) -> String { entry(of: number)?.name ?? "gid \(number)" }
}
