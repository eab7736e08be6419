/// A mounted file system, as this process sees it.
struct Mount: Hashable, Sendable {
  /// The directory that it is mounted on.
  var point: String
  /// Its type: `ext4`, `nfs4`, `fuse.sshfs`.
  var type: String

  /// Whether one that answers for it is away, all of it is: a server, or a program.
  var isRemote: Bool { type.hasPrefix("fuse") || Self.remoteTypes.contains(type) }

  private static let remoteTypes: Set<String> = [
    "9p", "afs", "autofs", "beegfs", "ceph", "cifs", "lustre", "nfs", "nfs4", "smb3", "virtiofs",
  ]

  /// The one that a path lies on by its words: links in it are not followed, because whoever follows one may wait.
  static func below(_ path: String) -> Mount? {
    guard let text = SmallFile.text("/proc/self/mountinfo", limit: 4 << 20) else { return nil }
    return deepest(above: path, in: text)
  }

  /// Source: proc_pid_mountinfo(5)
  static func deepest(above path: String, in text: String) -> Mount? {
    var deepest: Mount?
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count > 4, let dash = words.firstIndex(of: "-"), dash + 1 < words.count else { continue }
      let point = unescaped(words[4])
      guard point == "/" || path == point || path.hasPrefix("\(point)/") else { continue }
      // Of two on one directory the later one is on top.
      if point.utf8.count >= deepest?.point.utf8.count ?? 0 {
        deepest = Mount(point: point, type: String(words[dash + 1]))
      }
    }
    return deepest
  }

  /// Blanks and backslashes are written as three octal digits.
  private static func unescaped(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      let digits = rest.prefix(3)
      if byte == UInt8(ascii: "\\"), digits.count == 3, let value = UInt8(String(Substring(digits)), radix: 8) {
        bytes.append(value)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
