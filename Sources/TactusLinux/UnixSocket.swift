import CLinux
import Glibc

/// Unix sockets, named by a path of at most 107 bytes.
public enum UnixSocket {
  /// Who is at the other end of a connection, as the kernel says.
  public struct Peer: Hashable, Sendable {
    /// The process that connected, or that made the listener.
    public var process: Int
    /// Its user.
    public var user: UInt32
    /// Its group.
    public var group: UInt32
    /// Its supplementary groups.
    public var groups: [UInt32]

    /// Puts a peer together.
    public init(process: Int, user: UInt32, group: UInt32, groups: [UInt32] = []) {
      self.process = process
      self.user = user
      self.group = group
      self.groups = groups
    }
  }

  /// Listens at a path; the descriptor is non-blocking, and the caller's to close and its file to unlink.
  ///
  /// A socket left behind by somebody who is gone is replaced; one that somebody answers on is not, nor any other file.
  /// The file has the mode from its first instant.
  ///
  /// - Parameter backlog: how many may wait in line, at most as many as the system allows. Beyond that, a connection that cannot
  ///   wait fails with EAGAIN.
  public static func listen(at path: String, mode: UInt32 = 0o600, backlog: Int32 = 4096) throws(SystemError) -> Int32 {
    try check(tactus_unix_listen(path, mode, backlog), "listen at", path)
  }

  /// Takes the next connection, non-blocking; nil when nobody waits or the one that waited is gone again.
  ///
  /// Throws when there is no room for another descriptor; the connection then goes on waiting.
  public static func accept(_ listener: Int32) throws(SystemError) -> Int32? {
    let answer = tactus_unix_accept(listener)
    if [EAGAIN, EINTR, ECONNABORTED].contains(-answer) { return nil }
    return try check(answer, "accept on", "descriptor \(listener)")
  }

  /// Connects to a listener; the descriptor is blocking, and the caller's to close.
  public static func connect(to path: String) throws(SystemError) -> Int32 {
    try check(tactus_unix_connect(path), "connect to", path)
  }

  /// Asks by connecting, which a listener sees as a client that goes again; nil if somebody listens at the path, else the errno.
  public static func probe(_ path: String, datagrams: Bool = false) -> Int32? {
    let answer = tactus_unix_probe(path, datagrams ? 1 : 0)
    return answer == 0 ? nil : -answer
  }

  /// Who called listen(2) for the socket at a path, which need not be who serves it.
  ///
  /// Asked by connecting, which the listener sees as a client that goes again; without its groups.
  ///
  /// - Throws: ``SystemError``: ENOENT and ECONNREFUSED where nobody listens, EAGAIN where somebody does with no room for one more.
  public static func listener(at path: String) throws(SystemError) -> Peer {
    var peer = tactus_peer()
    _ = try check(tactus_unix_listener(path, &peer), "connect to", path)
    return Peer(process: Int(peer.process), user: peer.user, group: peer.group)
  }

  /// The path that a socket is bound to; nil for one without, or with an abstract name, which nobody can remove.
  public static func path(of socket: Int32) -> String? {
    var path = [CChar](repeating: 0, count: 109)
    guard tactus_unix_path(socket, &path, UInt(path.count)) == 0 else { return nil }
    return String(decoding: path.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// Whose the directory of a socket is; nil without one.
  ///
  /// That of who serves the socket, also where somebody else listens for them.
  public static func owner(ofFolderOf path: String) -> UInt32? {
    let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    var status = stat()
    return stat(folder.isEmpty ? "/" : folder, &status) == 0 ? status.st_uid : nil
  }

  /// Who is at the other end.
  public static func peer(of socket: Int32) throws(SystemError) -> Peer {
    var peer = tactus_peer()
    _ = try check(tactus_unix_peer(socket, &peer), "ask for the peer of", "descriptor \(socket)")
    // As many as Linux allows a process. Source: getgroups(2), NGROUPS_MAX
    var groups = [UInt32](repeating: 0, count: 64)
    var count = tactus_unix_peer_groups(socket, &groups, Int32(groups.count))
    if count == -ERANGE {
      groups = [UInt32](repeating: 0, count: 65_536)
      count = tactus_unix_peer_groups(socket, &groups, Int32(groups.count))
    }
    _ = try check(count, "ask for the groups of", "descriptor \(socket)")
    return Peer(
      process: Int(peer.process), user: peer.user, group: peer.group, groups: Array(groups.prefix(Int(count))))
  }
}

extension UnixSocket.Peer: CustomStringConvertible {
  /// For sentences: `process 12 (/usr/bin/socat …) of root`; what cannot be read is left out.
  public var description: String {
    let command = ProcessTable.command(of: process).map { " (\($0))" } ?? ""
    return "process \(process)\(command) of \(Account.name(of: user))"
  }
}
