public import TactusModel

/// An answer, or the part of it that was read.
public struct HTTPResponse: Hashable, Sendable {
  /// The status, 100…599; of the last answer if redirects were followed.
  public var status: Int
  /// The first bytes of the body, at most ``HTTPRequest/bodyLimit``.
  public var body: [UInt8]
  /// The number of bytes of the body that are not in ``body``: read and dropped, or announced and not read.
  public var droppedBytes: Int64
  /// The time that each phase took.
  public var timings: HTTPTimings
  /// The URL that answered: the last one if redirects were followed.
  public var finalURL: String
  /// The redirects that were followed.
  public var trail: [HTTPRedirect]

  /// The number of redirects that were followed.
  public var redirects: Int { trail.count }

  /// `host:port` of the server that answered.
  public var peer: String {
    // libcurl got an answer from this URL. If it cannot be parsed here, it is shown unchanged.
    (try? Endpoint(finalURL))?.description ?? finalURL
  }
}

/// The reason phrases of statuses.
public enum HTTPStatus {
  /// A status with its reason phrase: `503 Service Unavailable`; only the number if it has no phrase.
  ///
  /// HTTP/2 does not transmit phrases, so the server's own phrases are never shown.
  public static func described(_ status: Int) -> String {
    guard let words = words[status] else { return "\(status)" }
    return "\(status) \(words)"
  }

  /// Source: IANA, Hypertext Transfer Protocol (HTTP) Status Code Registry.
  private static let words: [Int: String] = [
    200: "OK", 201: "Created", 202: "Accepted", 203: "Non-Authoritative Information", 204: "No Content",
    205: "Reset Content", 206: "Partial Content", 207: "Multi-Status", 208: "Already Reported", 226: "IM Used",
    300: "Multiple Choices", 301: "Moved Permanently", 302: "Found", 303: "See Other", 304: "Not Modified",
    305: "Use Proxy", 307: "Temporary Redirect", 308: "Permanent Redirect", 400: "Bad Request", 401: "Unauthorized",
    402: "Payment Required", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 406: "Not Acceptable",
    407: "Proxy Authentication Required", 408: "Request Timeout", 409: "Conflict", 410: "Gone",
    411: "Length Required", 412: "Precondition Failed", 413: "Content Too Large", 414: "URI Too Long",
    415: "Unsupported Media Type", 416: "Range Not Satisfiable", 417: "Expectation Failed",
    421: "Misdirected Request", 422: "Unprocessable Content", 423: "Locked", 424: "Failed Dependency",
    425: "Too Early", 426: "Upgrade Required", 428: "Precondition Required", 429: "Too Many Requests",
    431: "Request Header Fields Too Large", 451: "Unavailable For Legal Reasons", 500: "Internal Server Error",
    501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
    505: "HTTP Version Not Supported", 506: "Variant Also Negotiates", 507: "Insufficient Storage",
    508: "Loop Detected", 511: "Network Authentication Required",
  ]
}
