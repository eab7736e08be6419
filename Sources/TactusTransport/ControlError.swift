public import TactusProtocol

/// Why a call over the control socket brought no reply.
public enum ControlError: Error, Hashable, Sendable {
  /// No daemon listens there.
  case unreachable(path: String, reason: String)
  /// The socket is there, and not for this user.
  case refused(path: String)
  /// The daemon went away before it answered; whether it did what was asked is unknown.
  case lost(path: String, reason: String)
  /// What came is no Varlink reply.
  case malformed(path: String, reason: String)
  /// The daemon answered with an error.
  case failed(CallFailure)
  /// No reply came before ``ControlClient/deadline``; the connection is of no more use.
  case outOfTime
  /// ``ControlClient/interruption`` came before a reply; the connection is of no more use.
  case interrupted
}
