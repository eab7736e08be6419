import CSystemd
import Glibc
public import TactusLinux

/// The socket that the service manager listens on for the daemon, so that nobody who calls meanwhile is refused.
public enum Activation {
  /// Takes the stream socket that was handed over; nil where none was.
  ///
  /// Once, before there are other threads: the variables that tell of it are removed. The descriptor is non-blocking,
  /// close-on-exec and the caller's; the file of its path stays the service manager's. Throws when there is more than one
  /// socket, or one of another kind: whoever wrote the unit has to know.
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

  /// Where nobody reaches a socket that is listened on: its file was removed, or is that of another.
  public struct Loss: Sendable {
    /// The path of the file.
    public var path: String
    /// Who listens there instead; nil for nobody.
    public var taker: UnixSocket.Peer?
  }

  /// Whether a socket is out of reach; nil if all is well, or it has no path.
  ///
  /// The service manager does not notice. Asked by connecting, which the listener sees as a client that goes again.
  public static func loss(of descriptor: Int32) -> Loss? {
    guard let path = UnixSocket.path(of: descriptor) else { return nil }
    do throws(SystemError) {
      let there = try UnixSocket.listener(at: path)
      // The kernel tells of a socket that listens, too, who called listen(2). Source: unix(7), SO_PEERCRED
      let own = try UnixSocket.peer(of: descriptor)
      return (own.process, own.user) == (there.process, there.user) ? nil : Loss(path: path, taker: there)
    } catch {
      // EAGAIN is one with many in line. EACCES is none that systemd has made for us, unless it is the way there that is closed.
      var status = stat()
      if error.code == EACCES { return stat(path, &status) == 0 ? Loss(path: path, taker: nil) : nil }
      return [ENOENT, ENOTDIR, ECONNREFUSED].contains(error.code) ? Loss(path: path, taker: nil) : nil
    }
  }

  /// What was handed over cannot be served.
  public struct Unusable: Error, CustomStringConvertible {
    /// For the operator.
    public let description =
      "the service manager handed over something other than one listening Unix stream socket: "
      + "a .socket unit of tactusd has one ListenStream= and nothing else"
  }
}
