public import TactusModel

/// The failure of a request without a complete answer.
public struct HTTPFailure: Error, Hashable, Sendable {
  /// The kind of failure; the sentence has the details.
  public enum Cause: String, CaseIterable, Sendable {
    /// The name of the host was not resolved.
    case nameLookup
    /// The connection was not established.
    case connect
    /// The TLS session was not established, or the certificate was refused.
    case tls
    /// The connection ended or broke before the answer was complete.
    case connectionLost
    /// The answer is not HTTP.
    case notHTTP
    /// The header of the answer exceeds a limit of libcurl, in one line or in total.
    case oversizedHeader
    /// There were too many redirects, or one to something that is not followed.
    case redirects
    /// ``HTTPRequest/timeLimit`` expired.
    case timeLimit
    /// ``HTTPEngine/abort(_:)`` was called.
    case aborted
    /// This host lacked descriptors or memory. The endpoint is not the cause.
    case local
  }

  /// The kind of failure.
  public var cause: Cause
  /// The `CURLcode`; 0 if the failure is not libcurl's.
  public var code: Int
  /// The message for the operator, which names the server.
  public var sentence: String
  /// The stage that the request had reached.
  public var stage: HTTPStage
  /// The event that the request waited for when it was stopped, as a part of a message; empty if it did not wait.
  public var standing: String
  /// The redirects that were followed before.
  public var redirects: [HTTPRedirect]
  /// The time that each phase took until the failure.
  public var timings: HTTPTimings
  /// The part of the answer that had arrived; nil before its status.
  public var received: HTTPResponse?

  /// Creates a failure.
  init(
    _ cause: Cause, code: Int = 0, _ sentence: String, stage: HTTPStage = .nameLookup, standing: String = "",
    redirects: [HTTPRedirect] = [], timings: HTTPTimings? = nil, received: HTTPResponse? = nil
  ) {
    self.cause = cause
    self.code = code
    self.sentence = sentence
    self.stage = stage
    self.standing = standing
    self.redirects = redirects
    self.timings =
      timings ?? HTTPTimings(nameLookup: .zero, connect: .zero, tls: .zero, firstByte: .zero, total: .zero)
    self.received = received
  }
}
