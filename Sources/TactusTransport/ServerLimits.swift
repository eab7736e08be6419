/// The limits of the control socket, see docs/control-protocol.md.
public struct ServerLimits: Hashable, Sendable {
  /// The largest number of connections; further ones get the error `Busy`.
  public var connections = 512
  /// The largest number of connections of a user.
  public var connectionsPerUser = 128
  /// The number of connections that are reserved for root.
  public var keptForRoot = 16
  /// The memory for unanswered calls and unread replies of all clients together, in bytes.
  ///
  /// Above that, the largest connection of the user with the most memory is refused.
  public var bufferedBytes = 48 << 20
  /// The same limit for all connections of a user.
  public var bufferedBytesPerUser = 16 << 20
  /// The number of bytes that are read while a call is under way, plus at most one piece of 64 KiB.
  ///
  /// Further bytes stay with the client.
  public var pipelinedBytes = 64 << 10
  /// The time limit from the first to the last byte of a message.
  public var requestTime: Duration = .seconds(10)
  /// The limit of unread replies of a client, in bytes; above that, no more calls are read from it.
  public var unsentBytes = 1 << 20
  /// A stream sends more when less than this is unsent, in bytes.
  public var streamBytes = 256 << 10
  /// The largest number of concurrent calls of a connection, for methods that allow it.
  public var overlappingCalls = 64
  /// The number of pieces and calls of a connection in one turn, before the next user.
  public var stepsInTurn = 4
  /// The pause after a full table of descriptors, if no connection is closed before.
  public var acceptPause: Duration = .seconds(1)

  /// Creates the limits of production.
  public init() {}
}
