internal import Glibc
internal import TactusLinux
internal import TactusPorts
internal import TactusSystemd

/// The socket at which clients call, until the control server has it for good.
///
/// It is opened before a start changes anything, because a daemon that cannot be reached must start no job. Clients that call
/// meanwhile wait in its line; when the start fails they are told so.
struct Doorway {
  /// The socket; nil before it is opened.
  private(set) var descriptor: Int32?
  /// Its file, if that goes with it; nil for one of the service manager.
  private(set) var path: String?

  /// A doorway at the socket that the service manager listens on for us, if it does.
  init(activated: Int32? = nil) { descriptor = activated }

  /// Listens at the daemon's path, unless the service manager does that, and somebody can reach it.
  /// - Throws: ``StartFailure``.
  mutating func open(_ directories: Directories, isSystem: Bool, health: Health) throws {
    let mode: UInt32 = isSystem ? 0o666 : 0o600
    guard let activated = descriptor else {
      do { descriptor = try UnixSocket.listen(at: directories.socket, mode: mode) } catch {
        throw StartFailure("the control socket cannot be opened: \(error)")
      }
      path = directories.socket
      return
    }
    guard let loss = Activation.loss(of: activated) else { return }
    let lost = loss.path
    let reason =
      "nobody reaches the socket that systemd listens on, because "
      + (loss.taker.map { "\($0) listens at \(lost) in its place" } ?? "its file \(lost) was removed or replaced")
    // In this order: systemd does not start a socket while its service runs.
    let systemctl = isSystem ? "systemctl" : "systemctl --user"
    let restart = "\(systemctl) stop tactusd tactusd.socket; \(systemctl) start tactusd.socket tactusd"
    do throws(SystemError) {
      descriptor = try UnixSocket.listen(at: lost, mode: mode)
      path = lost
      Descriptor.close(activated)
      health.tell(
        JournalEntry(.socketLost, "\(reason): tactusd listens there itself, until \(restart) puts that right"))
    } catch {
      // Jobs do not need it: better a daemon that nobody can ask than none.
      health.tell(JournalEntry(.socketLost, "\(reason), and \(error): nobody can ask tactusd until \(restart)"))
    }
  }

  /// Tells those who wait in line why there will be no daemon, and closes the socket.
  mutating func close(_ sentence: String) {
    guard let descriptor else { return }
    // Before they are answered: whoever comes now does not join a line that nobody serves.
    if let path { _ = unlink(path) }
    Turnaway.tell(sentence, on: descriptor)
    Descriptor.close(descriptor)
    self.descriptor = nil
  }
}
