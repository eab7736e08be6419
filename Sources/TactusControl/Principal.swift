public import TactusPorts
public import TactusProtocol

/// The caller of the API: a user, a process and a right.
///
/// The part that accepts the call decides all three, for each call. The daemon uses the peer of its socket and its
/// groups.
public struct Principal: Hashable, Sendable {
  /// The user whose turns and limits the call counts for, by number.
  ///
  /// All connections and processes of a user share them.
  public let user: UInt32
  /// The process that makes the call, for the log; for the socket, the process that connected.
  public let process: Int
  /// The right of the caller, which includes all smaller ones; a call that has begun keeps it.
  public let right: Right

  /// Creates a principal; nothing is looked up or checked.
  public init(user: UInt32, process: Int, right: Right) {
    (self.user, self.process, self.right) = (user, process, right)
  }

  /// The principal in a sentence: `uid 1000 (pid 4242)`.
  public var words: String { "uid \(user) (pid \(process))" }

  /// The principal as fields of the journal, whose own `_UID` and `_PID` are the daemon's.
  ///
  /// The user and the process, in this order, both as decimal numbers.
  public var fields: [(name: JournalField, value: String)] { [(.peerUID, "\(user)"), (.peerPID, "\(process)")] }
}
