import CSystemd
import Glibc
public import TactusLinux

/// The socket on which the service manager listens for the daemon, so that no client is refused during a start.
public enum Activation {
  /// Takes the stream socket that the service manager passed; nil if it passed no socket.
  ///
  /// Called once, before there are other threads, because it removes the environment variables. The descriptor is
  /// non-blocking, close-on-exec, and owned by the caller. The service manager still owns the file of its path. Throws
  /// if there are several sockets, or one of another kind, because the unit is wrong then.
  ///
  /// Source: sd_listen_fds(3), systemd.socket(5)
  public static func takeSocket() throws -> Int32? {
    let count = sd_listen_fds(1)
    guard count >= 0 else { throw SystemError(code: -count, operation: "take", subject: "the activation sockets") }
    guard count > 0 else { return nil }
    let descriptor = SD_LISTEN_FDS_START
    guard count == 1, sd_is_socket_unix(descriptor, Int32(SOCK_STREAM.rawValue), 1, nil, 0) > 0 else {
      throw Unusable()
    }
    try Descriptor.setNonBlocking(descriptor)
    return descriptor
  }

  /// The loss of a listening socket: its file was removed, or belongs to another socket.
  public struct Loss: Sendable {
    /// The path of the file.
    public var path: String
    /// The program that listens there instead; nil if no program does.
    public var taker: UnixSocket.Peer?
  }

  /// The loss of a socket that clients cannot reach; nil if they can, or if it has no path.
  ///
  /// The service manager does not notice it. The check connects, which the listener sees as a client that disconnects.
  public static func loss(of descriptor: Int32) -> Loss? {
    guard let path = UnixSocket.path(of: descriptor) else { return nil }
    do throws(SystemError) {
      let there = try UnixSocket.listener(at: path)
      // For a listening socket, the kernel returns the process that called listen(2). Source: unix(7), SO_PEERCRED
      let own = try UnixSocket.peer(of: descriptor)
      return (own.process, own.user) == (there.process, there.user) ? nil : Loss(path: path, taker: there)
    } catch {
      // EAGAIN is a socket with a full queue. EACCES is a socket that systemd did not create for us, or a closed
      // folder.
      var status = stat()
      if error.code == EACCES { return stat(path, &status) == 0 ? Loss(path: path, taker: nil) : nil }
      return [ENOENT, ENOTDIR, ECONNREFUSED].contains(error.code) ? Loss(path: path, taker: nil) : nil
    }
  }

  /// The service manager passed something that the daemon cannot serve.
  public struct Unusable: Error, CustomStringConvertible {
    /// The message for the operator.
    public let description =
      "the service manager passed something other than one listening Unix stream socket. "
      + "Write one ListenStream= and no other Listen*= into the .socket unit of tactusd"
  }
}
