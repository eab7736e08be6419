import TactusLinux
public import TactusProtocol

/// Handles the calls of clients.
public protocol CallHandler: Sendable {
  /// Handles a call; returns at once, and answers exactly once through the port, from any queue, now or later.
  ///
  /// Runs on the server's queue. The calls of a connection arrive in order, each after the previous one is answered.
  /// Only consecutive calls of a method that may overlap do not wait for each other.
  func handle(_ call: Call, from peer: Peer, reply: ReplyPort)
}

/// The process of a client, as the kernel recorded it at the connect.
public struct Peer: Hashable, Sendable {
  /// Its effective user.
  public let uid: UInt32
  /// Its effective group.
  public let gid: UInt32
  /// Its supplementary groups.
  public let groups: [UInt32]
  /// The process id.
  public let pid: Int

  /// Creates a peer.
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
