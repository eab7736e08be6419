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

  /// Posted, because this may be the inside of a drain, and of the pump of the very connection that has to go.
  private func shedSoon() {
    guard !isShedding else { return }
    isShedding = true
    post { $0.shed() }
  }

  private func shed() {
    isShedding = false
    guard let user = shares.debtor(limits),
      let largest = connections.values.filter({ $0.peer.uid == user }).max(by: { $0.accountedBytes < $1.accountedBytes }
      )
    else { return }
    refuse(largest)
    if shares.debtor(limits) != nil { shedSoon() }
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
