import Glibc
import TactusLinux
import TactusModel
import TactusPorts
import TactusProtocol

extension ControlServer {
  /// The number of connections accepted in one turn, so that many new clients do not block the queue.
  private static let acceptBatch = 64

  func serve(_ descriptor: Int32, path: String?) throws {
    if listening != nil { fatalError("the control server was started twice") }
    let poller = try Poller(on: dispatchQueue) { [weak self] in self?.assumeIsolated { $0.drain() } }
    // Registered now, because that can fail. No connection is accepted before the server is opened.
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
        // One attempt to reply: a new socket accepts a message of this size, and the server does not wait for it.
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
      // Out of memory for the registration: the client sees a closed connection and can try again.
      Descriptor.close(descriptor)
    }
  }

  /// Whether another connection of this user is accepted.
  private func hasRoom(for peer: Peer) -> Bool {
    let room = peer.uid == 0 ? limits.connections : limits.connections - limits.keptForRoot
    return connections.count < room && connectionsOfUser[peer.uid] ?? 0 < limits.connectionsPerUser
  }

  /// Pauses the listening socket: it stays readable while no descriptor is free, and the loop would spin.
  private func pauseAccepting(_ error: SystemError) {
    guard let socket = listening?.socket else { return }
    let until = time.monotonic + limits.acceptPause
    listening?.poller.change(socket.token, to: .none)
    listening?.pausedUntil = until
    armAlarm(until)
    guard listening?.isExhausted == false else { return }
    listening?.isExhausted = true
    report(error)
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
    // Posted, because the caller may be in a drain.
    post { server in
      server.listening?.poller.cancel()
      server.listening = nil
      stopped()
    }
  }
}
