internal import Glibc
internal import TactusLinux

/// Decides which files the daemon trusts: those that only certain users and groups may change.
///
/// It reads no file: the caller passes the facts.
struct Custody: Sendable {
  /// Users who may own and change such files: root, and the user of the daemon's process.
  var users: Set<UInt32>
  /// Groups whose members may change such files: the group of the admins, and groups without other members.
  var groups: Set<UInt32>
  /// Whether an untrusted file is refused, rather than reported.
  var refuses: Bool
  /// The user of commands without `User=`; nil if that account does not exist.
  var jobUser: UInt32?

  /// A user or a group that may change a file and should not.
  enum Stranger: Hashable {
    case everybody
    case owner(UInt32)
    case user(UInt32)
    case group(UInt32)
  }

  /// A file, or a folder or link on the way to it, that strangers may change.
  struct Weakness: Hashable {
    /// The path that they may change.
    let path: String
    let kind: FileAccess.Kind
    /// Its owners, and the lower twelve bits of its mode, for messages.
    let access: FileAccess
    /// Never empty; in the order of ``Custody/strangers(of:)``.
    let strangers: [Stranger]
  }

  /// The strangers that may change a file, or the entries of a folder.
  func strangers(of access: FileAccess) -> [Stranger] {
    var strangers: [Stranger] = []
    if access.isWritableByAll { strangers.append(.everybody) }
    if !users.contains(access.owner) { strangers.append(.owner(access.owner)) }
    if access.isWritableByGroup, !groups.contains(access.group) { strangers.append(.group(access.group)) }
    for listed in access.listed {
      switch listed {
      case .user(let user) where !users.contains(user): strangers.append(.user(user))
      case .group(let group) where !groups.contains(group): strangers.append(.group(group))
      case .user, .group: break
      }
    }
    return strangers
  }

  /// The weakness that lets strangers replace an entry of a folder; nil if they cannot.
  ///
  /// In a sticky folder of a trusted owner, such as `/tmp`, everybody may add entries, but remove only their own.
  func weakness(of entry: FileAccess, in folder: FileAccess) -> Weakness? {
    let strangers = strangers(of: folder)
    guard !strangers.isEmpty else { return nil }
    let isOwnersOnly = folder.isSticky && users.contains(folder.owner)
    guard isOwnersOnly else { return weakness(folder, strangers) }
    return users.contains(entry.owner) ? nil : weakness(entry, [.owner(entry.owner)])
  }

  /// The weakness that lets strangers change a file, or add entries to a folder; nil if they cannot.
  ///
  /// The sticky bit does not count here, because each added entry would be read.
  func weakness(of access: FileAccess) -> Weakness? {
    let strangers = strangers(of: access)
    return strangers.isEmpty ? nil : weakness(access, strangers)
  }

  private func weakness(_ access: FileAccess, _ strangers: [Stranger]) -> Weakness {
    Weakness(path: access.path, kind: access.kind, access: access, strangers: strangers)
  }
}

extension Custody.Weakness {
  /// The strangers, the mode and the owners: `everybody may write to it (mode 666, root:root)`.
  /// - Parameter subject: its path, or "it".
  func sentence(of subject: String) -> String {
    let owner = strangers.contains { if case .owner = $0 { true } else { false } }
    let others = strangers.compactMap { stranger -> String? in
      switch stranger {
      case .everybody: "everybody"
      case .owner: nil
      case .user(let user): "the user \(Account.name(of: user))"
      case .group(let group): "the group \(Group.name(of: group))"
      }
    }
    let parts = [
      owner ? "\(subject) belongs to the user \(Account.name(of: access.owner))" : nil,
      others.isEmpty ? nil : "\(others.joined(separator: ", ")) may write to \(owner ? "it" : subject)",
    ].compactMap(\.self)
    let mode = String(access.mode, radix: 8)
    return parts.joined(separator: " and ")
      + " (mode \(mode), \(Account.name(of: access.owner)):\(Group.name(of: access.group)))"
  }

  /// The shell commands that remove the right of the strangers.
  var cure: String {
    var words: [String] = []
    if strangers.contains(where: { if case .owner = $0 { true } else { false } }) {
      words.append("chown \(kind == .link ? "-h " : "")root \(path)")
    }
    // The bits of the group are the mask of an access control list, so g-w removes the right of all its entries.
    let isGroups = strangers.contains {
      if case .everybody = $0 { false } else if case .owner = $0 { false } else { true }
    }
    let classes = (isGroups ? "g" : "") + (strangers.contains(.everybody) ? "o" : "")
    if !classes.isEmpty { words.append("chmod \(classes)-w \(path)") }
    return words.joined(separator: " && ")
  }
}

extension Custody {
  /// The users and groups that may change the files: `root and the group adm`.
  var holders: String {
    let names =
      users.sorted().map { Account.name(of: $0) }
      + groups.subtracting([0]).sorted().map { "the group \(Group.name(of: $0))" }
    return names.count < 2
      ? names.joined() : "\(names.dropLast().joined(separator: ", ")) and \(names[names.count - 1])"
  }

  /// The custody of a daemon's files.
  ///
  /// - Parameters:
  ///   - owner: the user of the daemon's process.
  ///   - adminGroup: the group of the admins of a system instance; nil if it does not exist.
  ///   - isSystem: whether it is a system instance.
  ///   - jobUser: the user of commands without `User=`.
  init(owner: UInt32, adminGroup: UInt32?, isSystem: Bool, jobUser: UInt32?) {
    self.jobUser = jobUser
    users = [0, owner]
    groups = Set([0, Self.ownGroup(of: owner)].compactMap(\.self).filter { Self.isPrivate($0, to: owner) })
    if isSystem, let adminGroup { groups.insert(adminGroup) }
    refuses = isSystem
  }

  static func ownGroup(of user: UInt32) -> UInt32? {
    user == geteuid() ? getegid() : getpwuid(user).map { $0.pointee.pw_gid }
  }

  /// Whether a group has no members but its own user and root.
  ///
  /// A primary group of several users is shared, although it lists no members. So it must have the name of its user.
  static func isPrivate(_ group: UInt32, to user: UInt32) -> Bool {
    guard let entry = Group.entry(of: group) else { return group == user || group == 0 }
    let names = [Account.name(of: user), Account.name(of: 0)]
    return (group == 0 || names.contains(entry.name)) && entry.members.allSatisfy(names.contains)
  }
}
