public import TactusModel

/// A well-formed request: the initializer refuses a request that cannot be sent.
public struct HTTPRequest: Hashable, Sendable {
  /// The action on the resource.
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
  /// The action on the resource.
  public let method: Method
  /// The body of a POST; nil for an empty body.
  public let body: [UInt8]?
  /// The server of the URL.
  let endpoint: Endpoint
  /// The checked lines of the header, in order.
  let headers: [HeaderLine]

  /// Whether 3xx answers are followed, at most ``Limits/httpRedirects`` times and to `http` and `https` only.
  public var followsRedirects = true
  /// Whether ``headers`` are also sent to the target of a redirect with another scheme, host or port.
  public var sendsHeadersAnywhere = false
  /// Whether the body is read; if not, the answer is complete with its header, and the connection is closed.
  public var readsBody = true
  /// The number of bytes of the answer's body that are kept; the rest is counted.
  public var bodyLimit = 64 << 10
  /// The number of bytes of the answer's body after which the answer counts as complete and the connection is closed.
  public var readLimit = Limits.httpReadBytes
  /// The engine's limit, including the time for connecting; nil for a stream without end.
  ///
  /// A caller that needs an exact limit aborts the request earlier.
  public var timeLimit: Duration? = .seconds(300)
  /// The limit for connecting; nil for the limit of the whole request.
  public var connectLimit: Duration?
  /// The path of a Unix socket, which replaces the URL's host.
  public var unixSocket: String?
  /// The files for TLS, in addition to the authorities of the engine's settings.
  public var credentials: TLSFiles?
  /// Whether HTTP/2 is not offered.
  public var usesHTTP1 = false
  /// Whether no cache is used: the name is looked up again, and the connection and the TLS session are new.
  public var startsAfresh = false

  /// Checks and creates a request.
  ///
  /// - Parameters:
  ///   - url: absolute, `http` or `https`.
  ///   - method: the action on the resource.
  ///   - headers: lines `Name: value`; a given name replaces the engine's own header.
  ///   - body: the body of a POST.
  /// - Throws: ``MalformedRequest`` with the problem.
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

/// The reason why a request cannot be sent as it is written.
public struct MalformedRequest: Error, Hashable, Sendable {
  /// The message for the operator.
  public let sentence: String

  /// Creates an error with a message.
  public init(_ sentence: String) { self.sentence = sentence }
}
