import TactusPorts
import TactusProtocol

/// The bound of what all clients hold together: beyond it, and beyond his share, a user loses his largest connection.
extension ControlServer {
  /// Keeps the sum of what all hold; called after each change of a connection.
  func account(_ connection: Connection) {
    let held = connection.heldBytes
    shares.change(of: connection.peer.uid, by: held - connection.accountedBytes)
    connection.accountedBytes = held
    if shares.isTooMuch(of: connection.peer.uid, limits) { shedSoon() }
  }

  /// Whether a client may say more now; if not, it may once room was made, which is soon.
  ///
  /// Asked before each piece: in one turn of the queue all connections of a user could else bring a whole message each.
  func mayTakeMore(from connection: Connection) -> Bool {
    guard shares.isTooMuch(of: connection.peer.uid, limits) else { return true }
    restrained.insert(connection.token)
    shedSoon()
    return false
  }

  /// Posted, because this may be the inside of a drain, and of the pump of the very connection that has to go.
  private func shedSoon() {
    guard !isShedding else { return }
    isShedding = true
    post { $0.shed() }
  }

  private func shed() {
    while let user = shares.debtor(limits), let largest = largestConnection(of: user) { refuse(largest) }
    isShedding = false
    let waiting = restrained
    restrained.removeAll()
    for token in waiting { if let connection = connections[token] { pump(connection) } }
  }

  private func largestConnection(of user: UInt32) -> Connection? {
    connections.values.lazy.filter { $0.peer.uid == user }.max { $0.accountedBytes < $1.accountedBytes }
  }

  private func refuse(_ connection: Connection) {
    guard connection.unbegunBytes > connection.heldBytes / 2 else {
      // Calls under way or replies need the room, which nothing but the end gives back. One try to say so: the socket
      // of a reader who takes nothing is full.
      let isSlow = connection.isStreaming && connection.outbox.capacity > connection.heldBytes / 2
      connection.outbox.replace(
        with: Reply.message(isSlow ? .tooSlow : .busy(retryAfterMs: 1000), interface: Interface.daemon.rawValue))
      _ = connection.outbox.flush(to: connection.descriptor)
      return close(connection)
    }
    connection.decoder = FrameDecoder()
    connection.refuse(.busy(retryAfterMs: 1000))
    pump(connection)
  }
}
