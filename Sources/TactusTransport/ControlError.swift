public import TactusProtocol

/// The reason why a call over the control socket got no reply.
public enum ControlError: Error, Hashable, Sendable {
  /// No daemon listens at the path.
  case unreachable(path: String, reason: String)
  /// This user may not use the socket.
  case refused(path: String)
  /// The connection was lost before the reply; the call may or may not have been made.
  case lost(path: String, reason: String)
  /// The received message is not a Varlink reply.
  case malformed(path: String, reason: String)
  /// The daemon returned an error.
  case failed(CallFailure)
  /// No reply arrived before ``ControlClient/deadline``; the connection is unusable.
  case outOfTime
  /// ``ControlClient/interruption`` came before a reply; the connection is unusable.
  case interrupted
}
