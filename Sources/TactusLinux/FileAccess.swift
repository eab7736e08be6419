import CLinux
import Glibc

/// The owner of a file, and the users and groups that may write to it.
///
/// Callers decide whether to trust the file.
public struct FileAccess: Hashable, Sendable {
  /// The type of a file.
  public enum Kind: Hashable, Sendable {
    /// A directory.
    ///
    /// Write access means adding, removing and renaming its entries.
    case folder
    /// A symbolic link, whose mode means nothing.
    case link
    /// A regular file, or any other type.
    case file
  }

  /// Its path.
  public var path: String
  /// Its type.
  public var kind: Kind
  /// The number of its owner.
  ///
  /// The owner may change the mode at any time.
  public var owner: UInt32
  /// The number of its group.
  public var group: UInt32
  /// The lower twelve bits of its mode.
  public var mode: UInt32
  /// Whether the members of its group may write to it.
  public var isWritableByGroup: Bool
  /// Other users and groups with write access by its access control list.
  public var listed: [Listed]

  /// An entry of an access control list.
  public enum Listed: Hashable, Sendable {
    /// A user, by number.
    case user(UInt32)
    /// A group, by number.
    case group(UInt32)
  }

  /// Creates a description.
  ///
  /// Without an access control list, the mode decides the rights of the group.
  public init(
    path: String, kind: Kind, owner: UInt32, group: UInt32, mode: UInt32, isWritableByGroup: Bool? = nil,
    listed: [Listed] = []
  ) {
    self.path = path
    self.kind = kind
    self.owner = owner
    self.group = group
    self.mode = mode
    self.isWritableByGroup = isWritableByGroup ?? (mode & 0o020 != 0)
    self.listed = listed
  }

  /// Whether every user may write to it.
  public var isWritableByAll: Bool { mode & 0o002 != 0 }

  /// Whether only the owners of the folder and of an entry may remove or rename the entry. Source: inode(7), "sticky
  /// bit"
  public var isSticky: Bool { mode & 0o1000 != 0 }

  /// Inspects a path without following a symbolic link; nil if that fails.
  ///
  /// Source: lstat(2), acl(5)
  public static func of(_ path: String) -> FileAccess? {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    let kind: Kind =
      switch status.st_mode & S_IFMT {
      case S_IFDIR: .folder
      case S_IFLNK: .link
      default: .file
      }
    var access = FileAccess(
      path: path, kind: kind, owner: status.st_uid, group: status.st_gid, mode: status.st_mode & 0o7777)
    // With an access control list, the mode's group bits may belong to a named user or group.
    if kind != .link, access.isWritableByGroup { access.take(AccessList.of(path)) }
    return access
  }

  private mutating func take(_ list: AccessList?) {
    guard let list else { return }
    isWritableByGroup = list.isWritableByGroup
    listed = list.writers
  }
}

/// A POSIX access control list in the kernel's format.
///
/// Source: linux/posix_acl_xattr.h; acl(5), "ACCESS CHECK ALGORITHM"
struct AccessList: Hashable {
  /// Whether the members of the file's own group may write.
  var isWritableByGroup = false
  /// Named users and groups that may write.
  var writers: [FileAccess.Listed] = []

  private enum Tag {
    static let (user, group, ownGroup, mask): (UInt16, UInt16, UInt16, UInt16) = (0x02, 0x08, 0x04, 0x10)
  }

  static func of(_ path: String) -> AccessList? {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let size = tactus_attribute(path, "system.posix_acl_access", &bytes, UInt(bytes.count))
    return size > 0 ? AccessList(bytes.prefix(size)) : nil
  }
}

extension AccessList {
  /// Decodes the value of the attribute; nil if it is not a list of the supported version.
  init?(_ bytes: ArraySlice<UInt8>) {
    let bytes = Array(bytes)
    func number(_ start: Int, _ size: Int) -> UInt32 {
      bytes[start..<start + size].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
    guard bytes.count >= 4, number(0, 4) == 2, (bytes.count - 4).isMultiple(of: 8) else { return nil }
    let entries = stride(from: 4, to: bytes.count, by: 8).map {
      (tag: UInt16(number($0, 2)), mayWrite: number($0 + 2, 2) & 2 != 0, id: number($0 + 4, 4))
    }
    guard entries.first(where: { $0.tag == Tag.mask })?.mayWrite ?? true else { return }
    for entry in entries where entry.mayWrite {
      switch entry.tag {
      case Tag.user: writers.append(.user(entry.id))
      case Tag.group: writers.append(.group(entry.id))
      case Tag.ownGroup: isWritableByGroup = true
      default: break
      }
    }
  }
}
