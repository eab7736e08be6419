internal import Glibc
internal import TactusLinux

/// Who may change a file from which the daemon takes what it runs, and as whom: nobody else's file is relied on.
///
/// Pure: facts about files in, judgements out.
struct Custody: Sendable {
  /// Users who may own and change such files: root, and the daemon's own.
  var users: Set<UInt32>
  /// Groups whose members may change such files: that of the admins, and groups without any other member.
  var groups: Set<UInt32>
  /// Whether a file of somebody else is refused, rather than reported.
  var refuses: Bool
  /// The user of commands that name none; nil if there is none.
  var jobUser: UInt32?

  /// Somebody who may change a file and should not.
  enum Stranger: Hashable {
    case everybody
    case owner(UInt32)
    case user(UInt32)
    case group(UInt32)
  }

  /// What lets strangers change a file: itself, or a folder or link on the way to it.
  struct Weakness: Hashable {
    /// The path of what they may change.
    let path: String
    let kind: FileAccess.Kind
    /// The lower twelve bits of its mode, and its owners, for people.
    let access: FileAccess
    /// Never empty; in the order of ``Custody/strangers(of:)``.
    let strangers: [Stranger]
  }

  /// Who may change a file, or what is in a folder, and should not.
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

  /// What lets strangers put something else in the place of an entry of a folder; nil if they cannot.
  ///
  /// In a sticky folder of a reliable owner everybody may add entries, and take away their own alone: `/tmp`.
  func weakness(of entry: FileAccess, in folder: FileAccess) -> Weakness? {
    let strangers = strangers(of: folder)
    guard !strangers.isEmpty else { return nil }
    let isOwnersOnly = folder.isSticky && users.contains(folder.owner)
    guard isOwnersOnly else { return weakness(folder, strangers) }
    return users.contains(entry.owner) ? nil : weakness(entry, [.owner(entry.owner)])
  }

  /// What lets strangers change a file, or what is in a folder; nil if they cannot.
  ///
  /// A sticky bit does not help where anybody's addition counts.
  func weakness(of access: FileAccess) -> Weakness? {
    let strangers = strangers(of: access)
    return strangers.isEmpty ? nil : weakness(access, strangers)
  }

  private func weakness(_ access: FileAccess, _ strangers: [Stranger]) -> Weakness {
    Weakness(path: access.path, kind: access.kind, access: access, strangers: strangers)
  }
}

extension Custody.Weakness {
  /// Who may change it, with the mode and the owners: `everybody may write to it (mode 666, root:root)`.
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
      owner ? "\(subject) belongs to \(Account.name(of: access.owner))" : nil,
      others.isEmpty ? nil : "\(others.joined(separator: ", ")) may write to \(owner ? "it" : subject)",
    ].compactMap(\.self)
    let mode = String(access.mode, radix: 8)
    return parts.joined(separator: " and ")
      + " (mode \(mode), \(Account.name(of: access.owner)):\(Group.name(of: access.group)))"
  }

  /// The commands that take the right away.
  var cure: String {
    var words: [String] = []
    if strangers.contains(where: { if case .owner = $0 { true } else { false } }) {
      words.append("chown \(kind == .link ? "-h " : "")root \(path)")
    }
    // The bits of the group are the mask of an access control list, which takes the right from all whom it names.
    let isGroups = strangers.contains {
      if case .everybody = $0 { false } else if case .owner = $0 { false } else { true }
    }
    let classes = (isGroups ? "g" : "") + (strangers.contains(.everybody) ? "o" : "")
    if !classes.isEmpty { words.append("chmod \(classes)-w \(path)") }
    return words.joined(separator: "; ")
  }
}

extension Custody {
  /// Who may change the files, for people.
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
  ///   - owner: the daemon's user.
  ///   - adminGroup: the group of the admins of a system instance; nil if there is none.
  ///   - isSystem: whether it serves everybody.
  ///   - jobUser: the user of commands that name none.
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

  /// Whether a group has no member but the user whose own it is, and root: a group that several users have as their own is shared,
  /// although it lists nobody.
  static func isPrivate(_ group: UInt32, to user: UInt32) -> Bool {
    guard let entry = Group.entry(of: group) else { return group == user || group == 0 }
    let names = [Account.name(of: user), Account.name(of: 0)]
    return (group == 0 || names.contains(entry.name)) && entry.members.allSatisfy(names.contains)
  }
}
