/// The progress of a request.
public enum HTTPStage: Int, Comparable, Sendable {
  /// The name of the host is being looked up.
  case nameLookup
  /// The server has not accepted the connection.
  case connecting
  /// The TLS handshake has not ended.
  case handshake
  /// The server has not sent a status.
  case waiting
  /// The status has arrived, and the header has not ended.
  case header
  /// The header has arrived, and the body has not ended.
  case body

  /// Orders by progress.
  public static func < (left: HTTPStage, right: HTTPStage) -> Bool { left.rawValue < right.rawValue }
}
