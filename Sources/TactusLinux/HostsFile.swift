import Glibc

/// The names in `/etc/hosts`, which need no name server.
///
/// The file is read again when it has changed.
///
/// Source: hosts(5)
public struct HostsFile {
  private let path: String
  private var version: Version?
  private var names: Set<Substring> = []

  /// The properties that distinguish versions of the file.
  private struct Version: Equatable {
    let inode: UInt
    let size: Int
    let seconds: Int
    let nanoseconds: Int
  }

  /// Names a file without reading it.
  public init(path: String = "/etc/hosts") { self.path = path }

  /// Whether the file has an address for the name; false if it cannot be read.
  ///
  /// - Complexity: one `stat`, unless the file has changed.
  public mutating func contains(_ name: String) -> Bool {
    var status = stat()
    guard stat(path, &status) == 0 else { return false }
    let found = Version(
      inode: UInt(status.st_ino), size: Int(status.st_size), seconds: Int(status.st_mtim.tv_sec),
      nanoseconds: Int(status.st_mtim.tv_nsec))
    if version != found {
      version = found
      names = Self.names(in: SmallFile.text(path, limit: 4 << 20) ?? "")
    }
    return names.contains(Substring(name.lowercased()))
  }

  private static func names(in text: String) -> Set<Substring> {
    var names: Set<Substring> = []
    for line in text.lowercased().split(whereSeparator: \.isNewline) {
      let words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" }
      names.formUnion(words.dropFirst())
    }
    return names
  }
}
