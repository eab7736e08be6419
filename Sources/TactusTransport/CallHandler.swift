import TactusLinux
public import TactusProtocol

/// Who does what clients ask for.
public protocol CallHandler: Sendable {
  /// Takes a call; returns at once, and answers through the port: once, from any queue, now or later.
  ///
  /// Runs on the server's queue. The calls of one connection come in their order, and the next comes when the one before
  /// is answered; only consecutive calls of a method in ``Operation/overlapping`` do not wait for each other.
  func handle(_ call: Call, from peer: Peer, reply: ReplyPort)
}

/// The process at the other end, as the kernel saw it when it connected.
public struct Peer: Hashable, Sendable {
  /// Its effective user.
  public let uid: UInt32
  /// Its effective group.
  public let gid: UInt32
  /// Its supplementary groups.
  public let groups: [UInt32]
  /// The process itself.
  public let pid: Int

  /// Puts a peer together.
  public init(uid: UInt32, gid: UInt32, groups: [UInt32] = [], pid: Int) {
    self.uid = uid
    self.gid = gid
    self.groups = groups
    self.pid = pid
  }

  init(_ peer: UnixSocket.Peer) {
    self.init(uid: peer.user, gid: peer.group, groups: peer.groups, pid: peer.process)
  }

  /// Whether it belongs to a group.
  public func isMember(of group: UInt32) -> Bool { gid == group || groups.contains(group) }
}
