internal import Synchronization
internal import TactusControl
internal import TactusLinux
internal import TactusProtocol
internal import TactusTransport
internal import TactusUnitFile

/// Decides from the peer credentials of a caller what the caller may do.
///
/// A system instance serves everybody according to their groups. The daemon's own user and the user of jobs get no
/// special right. A private instance serves its own user and root. Any queue.
final class Authority: Sendable {
  /// The groups of a system instance, looked up by name at the start and at every reload.
  private struct Groups {
    var admin: UInt32?
    var read: UInt32?
  }

  private let owner: UInt32
  private let startedAs: DaemonSettings.Instance?
  private let jobUser: String
  private let adminGroup: String
  private let readGroup: String
  let isSystem: Bool
  private let groups = Mutex(Groups())

  /// The authority of a daemon that runs as `owner`; `instance` applies if the settings name no instance.
  init(_ settings: DaemonSettings, owner: UInt32, startedAs instance: DaemonSettings.Instance? = nil) {
    self.owner = owner
    startedAs = instance
    jobUser = settings.jobUser
    adminGroup = settings.adminGroup
    readGroup = settings.readGroup
    isSystem = (settings.instance ?? instance ?? (owner == 0 ? .system : .private)) == .system
    refresh()
  }

  /// Looks up the groups again; a group that does not exist has no members.
  func refresh() {
    guard isSystem else { return }
    let found = Groups(admin: Group.number(named: adminGroup), read: Group.number(named: readGroup))
    groups.withLock { $0 = found }
  }

  /// The names of groups that do not exist.
  var missingGroups: [String] {
    let found = groups.withLock { $0 }
    return isSystem
      ? [found.admin == nil ? adminGroup : nil, found.read == nil ? readGroup : nil].compactMap(\.self) : []
  }

  /// The users and groups that may change the files of this daemon.
  var custody: Custody {
    Custody(
      owner: owner, adminGroup: groups.withLock { $0.admin }, isSystem: isSystem,
      jobUser: isSystem ? Account.named(jobUser)?.user : owner)
  }

  /// The custody of a daemon that is started in the same way with other settings.
  func custody(under settings: DaemonSettings) -> Custody {
    Authority(settings, owner: owner, startedAs: startedAs).custody
  }

  /// The principal that a peer is; nil if it has no right.
  func principal(of peer: Peer) -> Principal? {
    right(of: peer).map { Principal(user: peer.uid, process: peer.pid, right: $0) }
  }

  /// The right of a peer; nil if the peer has no right.
  func right(of peer: Peer) -> Right? {
    if peer.uid == 0 { return .admin }
    guard isSystem else { return peer.uid == owner ? .admin : nil }
    let groups = groups.withLock { $0 }
    if let admin = groups.admin, peer.isMember(of: admin) { return .admin }
    if let read = groups.read, peer.isMember(of: read) { return .read }
    return .look
  }

  /// The users that have a right, with the verb: `everybody has`.
  func holders(of right: Right) -> String {
    switch right {
    case .look: "everybody has"
    case .read: "root and the members of the groups \(adminGroup) and \(readGroup) have"
    case .admin: "root and the members of the group \(adminGroup) have"
    }
  }
}
