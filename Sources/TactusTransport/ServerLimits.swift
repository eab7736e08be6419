/// What the control socket allows; docs/control-protocol.md shows it.
public struct ServerLimits: Hashable, Sendable {
  /// Connections at once; further ones are told that the daemon is busy.
  public var connections = 512
  /// Connections of one user at once.
  public var connectionsPerUser = 128
  /// Of all connections, those that only root can have.
  public var keptForRoot = 16
  /// Memory for what all clients together have said and was not answered, or were answered and did not take, in bytes.
  ///
  /// Beyond that, the largest connection of the user who holds most is refused.
  public var bufferedBytes = 48 << 20
  /// The same for all connections of one user: the most that he can take from the others.
  public var bufferedBytesPerUser = 16 << 20
  /// What is read behind a call that is under way, in bytes, and at most one piece of 64 KiB more: the rest stays with the client.
  public var pipelinedBytes = 64 << 10
  /// How long a message may take from its first to its last byte.
  public var requestTime: Duration = .seconds(10)
  /// Replies that a client has not taken: beyond that, nothing more is read from it.
  public var unsentBytes = 1 << 20
  /// A stream sends on when less than this is unsent.
  public var streamBytes = 256 << 10
  /// Calls of one connection that may be under way together, where their method allows it.
  public var overlappingCalls = 64
  /// After which time a full table of descriptors is looked at again, if no connection was closed before.
  public var acceptPause: Duration = .seconds(1)

  /// The limits of production.
  public init() {}
}
