import CCurl

/// Where a URL points to, as libcurl itself reads it: what is checked is what is used.
struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  /// Whether the scheme is `https`.
  let isEncrypted: Bool
  /// A name or an address; IPv6 addresses in brackets.
  let host: String
  /// Given, or the scheme's own.
  let port: String

  /// `host:port`, for sentences: without user, password, path and query, which may be secret.
  var description: String { "\(host):\(port)" }

  init(_ url: String) throws(MalformedRequest) {
    guard !url.utf8.contains(0) else { throw MalformedRequest("the URL contains a NUL byte") }
    guard let parsed = curl_url() else { throw MalformedRequest("the URL cannot be read: out of memory") }
    defer { curl_url_cleanup(parsed) }
    let code = curl_url_set(parsed, CURLUPART_URL, url, 0)
    guard code == CURLUE_OK else {
      throw MalformedRequest("the URL cannot be read: \(String(cString: curl_url_strerror(code)))")
    }
    switch Self.part(CURLUPART_SCHEME, of: parsed) {
    case "http": isEncrypted = false
    case "https": isEncrypted = true
    case let scheme: throw MalformedRequest("the scheme of the URL is \(scheme), not http or https")
    }
    host = Self.part(CURLUPART_HOST, of: parsed)
    port = Self.part(CURLUPART_PORT, of: parsed)
    guard !host.isEmpty else { throw MalformedRequest("the URL names no host") }
  }

  private static func part(_ part: CURLUPart, of parsed: OpaquePointer) -> String {
    var text: UnsafeMutablePointer<CChar>?
    guard curl_url_get(parsed, part, &text, UInt32(CURLU_DEFAULT_PORT)) == CURLUE_OK, let text else { return "" }
    defer { curl_free(text) }
    return String(cString: text)
  }
}
