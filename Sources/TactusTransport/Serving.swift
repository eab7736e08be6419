import TactusModel
import TactusPorts

/// Takes turns among users, so that a user with many connections mainly delays the own connections.
extension ControlServer {
  /// Queues a connection after the others of its user, unless it is already queued.
  func queueUp(_ connection: Connection) {
    guard !connection.isQueued else { return }
    connection.isQueued = true
    turns.append(connection.token, for: connection.peer.uid)
    serveSoon()
  }

  /// Posted, because the caller may be inside the pump of another connection.
  private func serveSoon() {
    guard !isServing else { return }
    isServing = true
    post { $0.takeTurn() }
  }

  /// Takes one turn for each post, so that other work of the queue runs in between.
  private func takeTurn() {
    isServing = false
    guard let token = turns.popNext() else { return }
    // The connection may have been closed meanwhile.
    if let connection = connections[token] {
      connection.isQueued = false
      pump(connection)
    }
    if !turns.isEmpty { serveSoon() }
  }
}
