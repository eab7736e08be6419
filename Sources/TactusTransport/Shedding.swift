import TactusPorts
import TactusProtocol

/// Limits the memory of all clients: above the limit or the share, a user loses the largest connection.
extension ControlServer {
  /// Updates the sum of the memory; called after each change of a connection.
  func account(_ connection: Connection) {
    let held = connection.heldBytes
    shares.change(of: connection.peer.uid, by: held - connection.accountedBytes)
    connection.accountedBytes = held
    if shares.isTooMuch(of: connection.peer.uid, limits) || !restrained.isEmpty { shedSoon() }
  }

  /// Whether to read more from a client now; if not, it is read after memory was freed, which happens soon.
  ///
  /// Checked before each piece. Otherwise all connections of a user could send a whole message in one turn of the
  /// queue.
  func mayTakeMore(from connection: Connection) -> Bool {
    guard shares.isTooMuch(of: connection.peer.uid, limits) else { return true }
    restrained.insert(connection.token)
    shedSoon()
    return false
  }

  /// Posted, because the caller may be in a drain, or in the pump of the connection that is closed.
  private func shedSoon() {
    guard !isShedding else { return }
    isShedding = true
    post { $0.shed() }
  }

  private func shed() {
    while let user = shares.debtor(limits), let largest = largestConnection(of: user) { refuse(largest) }
    isShedding = false
    // Calls of clients that have gone need the memory, which is freed when they are answered.
    guard shares.debtor(limits) == nil else { return }
    let waiting = restrained
    restrained.removeAll()
    for token in waiting { if let connection = connections[token] { queueUp(connection) } }
  }

  /// Returns the connection of a user to refuse next; nil if its remaining calls will free memory soon.
  private func largestConnection(of user: UInt32) -> Connection? {
    let largest = connections.values.lazy.filter { $0.peer.uid == user }.max { $0.accountedBytes < $1.accountedBytes }
    return largest?.hasLeftCalls == true ? nil : largest
  }

  private func refuse(_ connection: Connection) {
    guard connection.unbegunBytes > connection.heldBytes / 2 else {
      // Calls under way or replies need the memory, which only closing frees. There is one attempt to send the error,
      // because the socket of a client that does not read is full.
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
