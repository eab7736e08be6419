import CLinux
import Glibc

/// Unix sockets, named by a path of at most 107 bytes.
public enum UnixSocket {
  /// The other end of a connection, as the kernel reports it.
  public struct Peer: Hashable, Sendable {
    /// The process that connected, or that created the listener.
    public var process: Int
    /// Its user.
    public var user: UInt32
    /// Its group.
    public var group: UInt32
    /// Its supplementary groups.
    public var groups: [UInt32]

    /// Creates a peer.
    public init(process: Int, user: UInt32, group: UInt32, groups: [UInt32] = []) {
      self.process = process
      self.user = user
      self.group = group
      self.groups = groups
    }
  }

  /// Listens at a path.
  ///
  /// The descriptor is non-blocking. The caller closes it and unlinks its file.
  ///
  /// A socket without a listener is replaced. A socket with a listener is not, nor is any other file. The file has its
  /// mode from the beginning.
  ///
  /// - Parameter backlog: how many connections may wait, up to the system's limit. Beyond that, a non-blocking connect
  ///   fails with EAGAIN.
  public static func listen(at path: String, mode: UInt32 = 0o600, backlog: Int32 = 4096) throws(SystemError) -> Int32 {
    try check(tactus_unix_listen(path, mode, backlog), "listen at", path)
  }

  /// Accepts the next connection, non-blocking; nil if none waits or the waiting one was closed.
  ///
  /// Throws if no descriptor is available. The connection then continues to wait.
  public static func accept(_ listener: Int32) throws(SystemError) -> Int32? {
    let answer = tactus_unix_accept(listener)
    if [EAGAIN, EINTR, ECONNABORTED].contains(-answer) { return nil }
    return try check(answer, "accept a connection on", "descriptor \(listener)")
  }

  /// Connects to a listener.
  ///
  /// The descriptor is blocking, and the caller closes it.
  public static func connect(to path: String) throws(SystemError) -> Int32 {
    try check(tactus_unix_connect(path), "connect to", path)
  }

  /// Checks for a listener by connecting, which it sees as a client that closes at once; nil if it exists, else the
  /// errno.
  public static func probe(_ path: String, datagrams: Bool = false) -> Int32? {
    let answer = tactus_unix_probe(path, datagrams ? 1 : 0)
    return answer == 0 ? nil : -answer
  }

  /// The process that called listen(2) for the socket at a path.
  ///
  /// Another process may serve it.
  ///
  /// It is found by connecting, which the listener sees as a client that closes at once. The result has no groups.
  ///
  /// - Throws: ``SystemError``, with ENOENT or ECONNREFUSED without a listener, and with EAGAIN if its backlog is full.
  public static func listener(at path: String) throws(SystemError) -> Peer {
    var peer = tactus_peer()
    _ = try check(tactus_unix_listener(path, &peer), "connect to", path)
    return Peer(process: Int(peer.process), user: peer.user, group: peer.group)
  }

  /// The path that a socket is bound to; nil for an unbound one or an abstract name, which cannot be removed.
  public static func path(of socket: Int32) -> String? {
    var path = [CChar](repeating: 0, count: 109)
    guard tactus_unix_path(socket, &path, UInt(path.count)) == 0 else { return nil }
    return String(decoding: path.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// The owner of a socket's directory; nil if the directory is missing.
  ///
  /// It is the user who serves the socket, even if another process listens for that user.
  public static func owner(ofFolderOf path: String) -> UInt32? {
    let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    var status = stat()
    return stat(folder.isEmpty ? "/" : folder, &status) == 0 ? status.st_uid : nil
  }

  /// The other end of a connection.
  public static func peer(of socket: Int32) throws(SystemError) -> Peer {
    var peer = tactus_peer()
    _ = try check(tactus_unix_peer(socket, &peer), "get the peer of", "descriptor \(socket)")
    // As many as Linux allows a process. Source: getgroups(2), NGROUPS_MAX
    var groups = [UInt32](repeating: 0, count: 64)
    var count = tactus_unix_peer_groups(socket, &groups, Int32(groups.count))
    if count == -ERANGE {
      groups = [UInt32](repeating: 0, count: 65_536)
      count = tactus_unix_peer_groups(socket, &groups, Int32(groups.count))
    }
    _ = try check(count, "get the groups of", "descriptor \(socket)")
    return Peer(
      process: Int(peer.process), user: peer.user, group: peer.group, groups: Array(groups.prefix(Int(count))))
  }
}

extension UnixSocket.Peer: CustomStringConvertible {
  /// For messages: `process 12 (/usr/bin/socat …) of root`.
  ///
  /// An unreadable command is left out.
  public var description: String {
    let command = ProcessTable.command(of: process).map { " (\($0))" } ?? ""
    return "process \(process)\(command) of \(Account.name(of: user))"
  }
}
