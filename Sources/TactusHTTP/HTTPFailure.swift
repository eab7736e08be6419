public import TactusModel

/// Why a request has no complete answer.
public struct HTTPFailure: Error, Hashable, Sendable {
  /// What failed; the sentence has the particulars.
  public enum Cause: String, CaseIterable, Sendable {
    /// The name of the host was not resolved.
    case nameLookup
    /// No connection came about.
    case connect
    /// No TLS session came about, or the certificate was not accepted.
    case tls
    /// The connection ended or broke before the answer was complete.
    case connectionLost
    /// The answer is not HTTP.
    case notHTTP
    /// The header of the answer has more lines, or a longer one, than libcurl takes.
    case oversizedHeader
    /// The redirects led on for too long, or to something that is not followed.
    case redirects
    /// ``HTTPRequest/timeLimit`` passed.
    case timeLimit
    /// ``HTTPEngine/abort(_:)`` was called.
    case aborted
    /// This host could not: no descriptors, no memory. Says nothing about the endpoint.
    case local
  }

  /// What failed.
  public var cause: Cause
  /// The `CURLcode`; 0 where libcurl was not asked.
  public var code: Int
  /// What happened to whom, for the operator.
  public var sentence: String
  /// How far it had come.
  public var stage: HTTPStage
  /// What it waited for when it was stopped, as a part of a sentence; empty if nothing was under way.
  public var standing: String
  /// The redirects that were followed before.
  public var redirects: [HTTPRedirect]
  /// Where the time went until then.
  public var timings: HTTPTimings
  /// What had arrived, if the status had.
  public var received: HTTPResponse?

  /// Puts a failure together.
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
