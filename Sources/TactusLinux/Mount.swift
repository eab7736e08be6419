/// A mounted file system, as this process sees it.
struct Mount: Hashable, Sendable {
  /// The directory that it is mounted on.
  var point: String
  /// Its type: `ext4`, `nfs4`, `fuse.sshfs`.
  var type: String

  /// Whether it depends on a server or a program, and stops answering without it.
  var isRemote: Bool { type.hasPrefix("fuse") || Self.remoteTypes.contains(type) }

  private static let remoteTypes: Set<String> = [
    "9p", "afs", "autofs", "beegfs", "ceph", "cifs", "lustre", "nfs", "nfs4", "smb3", "virtiofs",
  ]

  /// Whether a path is on this mount or one below it, by name only.
  ///
  /// Following links could block.
  func lies(above path: String) -> Bool { point == "/" || path == point || path.hasPrefix("\(point)/") }

  /// All mounts in a text, in order.
  ///
  /// Of two mounts on one directory, the later one is on top.
  ///
  /// Source: proc_pid_mountinfo(5)
  static func all(in text: String) -> [Mount] {
    text.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard words.count > 4, let dash = words.firstIndex(of: "-"), dash + 1 < words.count else { return nil }
      return Mount(point: unescaped(words[4]), type: String(words[dash + 1]))
    }
  }

  /// Blanks and backslashes are written as three octal digits.
  private static func unescaped(_ text: Substring) -> String {
    let parts = text.split(separator: "\\", omittingEmptySubsequences: false)
    var bytes = Array(parts[0].utf8)
    for part in parts.dropFirst() {
      if let byte = UInt8(part.prefix(3), radix: 8) {
        bytes.append(byte)
        bytes += part.dropFirst(3).utf8
      } else {
        bytes += "\\\(part)".utf8
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
