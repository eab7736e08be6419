import Glibc
import TactusLinux
import TactusModel
import TactusPorts
import TactusProtocol

extension ControlServer {
  /// Connections accepted in one turn, so that a flood of them does not keep the queue.
  private static let acceptBatch = 64

  func serve(_ descriptor: Int32, path: String?) throws {
    if listening != nil { fatalError("the control server was started twice") }
    let poller = try Poller(on: dispatchQueue) { [weak self] in self?.assumeIsolated { $0.drain() } }
    // Registered now, because that may fail; nobody is accepted before the server is opened.
    let token = try poller.add(descriptor, for: .hangup)
    let alarm = alarms.monotonicAlarm(on: queue) { [weak self] in self?.assumeIsolated { $0.alarmRang() } }
    listening = Listening(path: path, poller: poller, alarm: alarm, socket: (descriptor, token))
  }

  func beginAccepting() {
    guard let listening, let socket = listening.socket else { fatalError("the control server has no socket to open") }
    listening.poller.change(socket.token, to: .read)
  }

  func letGo() {
    guard let listening, let socket = listening.socket else { return }
    listening.poller.remove(socket.token)
    listening.poller.cancel()
    self.listening = nil
  }

  func accept() {
    guard let listening, let socket = listening.socket, listening.pausedUntil == nil else { return }
    do {
      for _ in 0..<Self.acceptBatch {
        guard let descriptor = try UnixSocket.accept(socket.descriptor) else { return }
        self.listening?.isExhausted = false
        admit(descriptor, listening.poller)
      }
    } catch {
      pauseAccepting(error)
    }
  }

  private func admit(_ descriptor: Int32, _ poller: Poller) {
    do {
      let peer = Peer(try UnixSocket.peer(of: descriptor))
      guard hasRoom(for: peer) else {
        // One try to say so: a fresh socket takes a message of this size, and nobody waits for a stranger who does not.
        var outbox = Outbox()
        outbox.append(Reply.message(.busy(retryAfterMs: 1000), interface: Interface.daemon.rawValue))
        _ = outbox.flush(to: descriptor)
        return Descriptor.close(descriptor)
      }
      let token = try poller.add(descriptor, for: .read)
      connectionsOfUser[peer.uid, default: 0] += 1
      connections[token] = Connection(
        descriptor: descriptor, token: token, peer: peer, isAdmitted: admits(peer))
    } catch {
      // Out of memory for one more registration: the client sees its connection closed and can come again.
      Descriptor.close(descriptor)
    }
  }

  /// Whether one more of this user is taken.
  private func hasRoom(for peer: Peer) -> Bool {
    let room = peer.uid == 0 ? limits.connections : limits.connections - limits.keptForRoot
    return connections.count < room && connectionsOfUser[peer.uid] ?? 0 < limits.connectionsPerUser
  }

  /// Rests the listening socket, because it stays readable while no descriptor is free and would spin.
  private func pauseAccepting(_ error: SystemError) {
    guard let socket = listening?.socket else { return }
    let until = time.monotonic + limits.acceptPause
    listening?.poller.change(socket.token, to: .none)
    listening?.pausedUntil = until
    armAlarm(until)
    guard listening?.isExhausted == false else { return }
    listening?.isExhausted = true
    tell(error)
  }

  func resumeAccepting() {
    guard let socket = listening?.socket, listening?.pausedUntil != nil else { return }
    listening?.pausedUntil = nil
    listening?.poller.change(socket.token, to: .read)
  }

  // MARK: Stopping

  func end(within grace: Duration, then: @escaping @Sendable () -> Void) {
    guard let socket = listening?.socket else { return then() }
    stopped = then
    listening?.socket = nil
    listening?.poller.remove(socket.token)
    Descriptor.close(socket.descriptor)
    if let path = listening?.path { _ = unlink(path) }
    let deadline = time.monotonic + grace
    listening?.stopsAt = deadline
    armAlarm(deadline)
    for connection in connections.values {
      connection.windUp()
      pump(connection)
    }
    finishStopping()
  }

  func finishStopping() {
    guard let stopped, connections.isEmpty else { return }
    self.stopped = nil
    listening?.alarm.arm(at: nil)
    // Posted, because this may be the inside of a drain.
    post { server in
      server.listening?.poller.cancel()
      server.listening = nil
      stopped()
    }
  }
}
