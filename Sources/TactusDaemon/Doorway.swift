internal import Glibc
internal import TactusLinux
internal import TactusPorts
internal import TactusSystemd

/// The socket for clients, until the control server takes it.
///
/// It is opened before a start changes anything, because an unreachable daemon must start no job. Clients that connect
/// meanwhile wait; if the start fails, they get the reason.
struct Doorway {
  /// The listening socket; nil before it is opened.
  private(set) var descriptor: Int32?
  /// The file of the socket, which is removed with it; nil if the service manager owns it.
  private(set) var path: String?

  /// Creates a doorway, with the socket of the service manager if there is one.
  init(activated: Int32? = nil) { descriptor = activated }

  /// Listens at the daemon's path, unless clients can reach the socket of the service manager.
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
      "clients cannot reach the socket of systemd, because "
      + (loss.taker.map { "\($0) listens at \(lost)" } ?? "its file \(lost) was removed or replaced")
    // In this order: systemd does not start a socket while its service runs.
    let systemctl = isSystem ? "systemctl" : "systemctl --user"
    let restart = "\(systemctl) stop tactusd tactusd.socket; \(systemctl) start tactusd.socket tactusd"
    do throws(SystemError) {
      descriptor = try UnixSocket.listen(at: lost, mode: mode)
      path = lost
      Descriptor.close(activated)
      health.report(
        JournalEntry(.socketLost, "\(reason). tactusd listens there itself. Run \(restart) to fix this."))
    } catch {
      // Jobs do not need the socket, so the daemon starts anyway.
      health.report(
        JournalEntry(
          .socketLost, "\(reason), and tactusd cannot listen there either: \(error). Run \(restart) to fix this."))
    }
  }

  /// Answers the waiting clients with the reason why the daemon does not start, and closes the socket.
  mutating func close(_ sentence: String) {
    guard let descriptor else { return }
    // Before they are answered, so that no further client waits for an answer.
    if let path { _ = unlink(path) }
    Turnaway.report(sentence, on: descriptor)
    Descriptor.close(descriptor)
    self.descriptor = nil
  }
}
