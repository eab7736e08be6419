internal import FoundationEssentials
internal import Glibc
internal import TactusLinux
internal import TactusStore

/// The directories of a daemon: of its configuration, its state and its socket.
///
/// The variables are those that systemd sets; see tactusd(8).
struct Directories {
  /// `tactusd.conf`, `workflows/`, `queues/`.
  var configuration: String
  /// `tactus.db`, `logs.db`, `lock`.
  var state: String
  /// `control.sock`.
  var runtime: String

  /// The directories of this process: the three variables, else the defaults of the system or of the user.
  init(environment: [String: String], isOfSystem: Bool) {
    let home = environment["HOME"] ?? "/"
    func directory(_ variable: String, _ system: String, _ xdg: String, _ fallback: String) -> String {
      if let named = environment[variable], !named.isEmpty {
        // systemd separates several directories with colons; the first is the daemon's own.
        return String(named.prefix { $0 != ":" })
      }
      return isOfSystem ? system : "\(environment[xdg] ?? "\(home)/\(fallback)")/tactus"
    }
    configuration = directory("CONFIGURATION_DIRECTORY", "/etc/tactus", "XDG_CONFIG_HOME", ".config")
    state = directory("STATE_DIRECTORY", "/var/lib/tactus", "XDG_STATE_HOME", ".local/state")
    runtime = directory("RUNTIME_DIRECTORY", "/run/tactus", "XDG_RUNTIME_DIR", ".cache")
  }

  var ledger: String { "\(state)/tactus.db" }
  var output: String { "\(state)/logs.db" }
  var lock: String { "\(state)/lock" }
  /// The secrets of running jobs.
  var credentials: String { "\(runtime)/credentials" }
  var socket: String { "\(runtime)/control.sock" }

  /// Creates the directories that the daemon writes to, closed to others; in a system instance all users may reach the
  /// socket.
  func make(isSystem: Bool) throws {
    for (path, mode) in [(state, 0o700), (runtime, isSystem ? 0o755 : 0o700)] {
      do {
        try FileManager.default.createDirectory(
          atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: mode])
      } catch {
        throw StartFailure("\(path) cannot be created: \(reason(error))")
      }
      guard access(path, W_OK | X_OK) == 0 else {
        throw StartFailure("\(path) is not writable: \(String(cString: strerror(errno)))")
      }
    }
  }

  /// Examines the existing files before any of them is opened, created or changed.
  func examineFiles() throws {
    for path in [ledger, output] {
      do { try DatabaseFile.examine(path) } catch let error as StoreError { throw StartFailure(error.message) }
    }
    guard try DatabaseFile.isEmpty(ledger), Auditor.hasOutput(file: output) else { return }
    throw StartFailure(
      "\(ledger) is missing or empty, but \(output) has output of its jobs. Nothing was changed. "
        + "Restore a backup of \(ledger), or move \(output) away to start with an empty store")
  }

  /// Creates the files of the store, and closes them to other users.
  ///
  /// SQLite gives its -wal the same mode.
  func makePrivateFiles() throws {
    for path in [ledger, output] {
      let descriptor = try Descriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
      defer { Descriptor.close(descriptor) }
      guard fchmod(descriptor, 0o600) == 0 else {
        throw SystemError(code: errno, operation: "make private", subject: path)
      }
    }
  }

  /// Throws if another program listens at the socket, for example a daemon with another state directory.
  func expectFreeSocket() throws {
    let listener: UnixSocket.Peer
    do { listener = try UnixSocket.listener(at: socket) } catch {
      // With any other error nobody answers there. If something is in the way, listening reports it.
      guard error.code == EAGAIN else { return }
      throw StartFailure(
        "a program listens at \(socket) and accepts no connections. "
          + "End it, or set RUNTIME_DIRECTORY to another directory")
    }
    let way =
      listener.process == 1
      ? "Run systemctl start tactusd to get the socket from systemd, or systemctl stop tactusd.socket to free it"
      : "End it, or set RUNTIME_DIRECTORY to another directory"
    throw StartFailure("\(listener) listens at \(socket). \(way)")
  }

  private func reason(_ error: any Error) -> String {
    if let posix = (error as? CocoaError)?.underlying as? POSIXError {
      return String(cString: strerror(posix.code.rawValue))
    }
    return "\(error)"
  }
}

/// The reason why the daemon cannot start, and the way out, without a full stop at the end.
struct StartFailure: Error, CustomStringConvertible {
  var description: String

  init(_ description: String) { self.description = description }
}
