public import TactusModel

/// A request that is known to be well formed: what cannot be sent cannot be made.
public struct HTTPRequest: Hashable, Sendable {
  /// What to do with the resource.
  public enum Method: String, CaseIterable, Sendable {
    /// Fetches it.
    case get = "GET"
    /// Fetches its headers.
    case head = "HEAD"
    /// Sends it a body, which may be empty.
    case post = "POST"
    /// Removes it.
    case delete = "DELETE"
  }

  /// An absolute `http` or `https` URL.
  public let url: String
  /// What to do with the resource.
  public let method: Method
  /// Sent with POST; nil sends none.
  public let body: [UInt8]?
  /// Where the URL points to.
  let endpoint: Endpoint
  /// Checked lines of the header, in order.
  let headers: [HeaderLine]

  /// Whether 3xx answers are followed, at most ``Limits/httpRedirects`` times and to `http` and `https` only.
  public var followsRedirects = true
  /// Whether ``headers`` go along when a redirect leads to another scheme, host or port; without it they do not.
  public var sendsHeadersAnywhere = false
  /// Whether the body is read; without it the answer is complete when its header is, and the connection is closed.
  public var readsBody = true
  /// Bytes of the answer's body that are kept; the rest is counted.
  public var bodyLimit = 64 << 10
  /// Bytes of the answer's body after which the answer counts as complete and the connection is closed.
  public var readLimit = Limits.httpReadBytes
  /// The engine's own limit, connecting included; whoever wants to be exact aborts earlier.
  ///
  /// Nil for a stream without end.
  public var timeLimit: Duration? = .seconds(300)
  /// How long connecting may take; nil for as long as the whole.
  public var connectLimit: Duration?
  /// The path of a Unix socket that is connected to instead of the URL's host.
  public var unixSocket: String?
  /// What TLS needs besides the authorities of the engine's settings.
  public var credentials: TLSFiles?
  /// Whether HTTP/2 is not offered.
  public var usesHTTP1 = false
  /// Whether name, connection and TLS session are made anew, as a first visitor does, instead of taken from the cache.
  public var startsAfresh = false

  /// Checks and puts a request together.
  ///
  /// - Parameters:
  ///   - url: absolute, `http` or `https`.
  ///   - method: what to do.
  ///   - headers: lines `Name: value`; a name that is given replaces what the engine would send by itself.
  ///   - body: for POST.
  /// - Throws: the sentence that says what is wrong.
  public init(
    _ url: String, method: Method = .get, headers: [String] = [], body: [UInt8]? = nil
  ) throws(MalformedRequest) {
    self.url = url
    self.method = method
    self.body = body
    endpoint = try Endpoint(url)
    var lines: [HeaderLine] = []
    for text in headers { lines.append(try HeaderLine(text)) }
    self.headers = lines
  }
}

/// Why a request cannot be sent as it is written.
public struct MalformedRequest: Error, Hashable, Sendable {
  /// What is wrong, for the operator.
  public let sentence: String

  /// Wraps the sentence.
  public init(_ sentence: String) { self.sentence = sentence }
}
