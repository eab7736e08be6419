import CCurl
import Glibc

/// The server that a URL names.
///
/// libcurl itself parses the URL, so the checked server is the one that is used.
struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  /// Whether the scheme is `https`.
  let isEncrypted: Bool
  /// A name or an address; IPv6 addresses in brackets.
  let host: String
  /// The port of the URL, or the default port of the scheme.
  let port: String

  /// `host:port`, for messages: without user, password, path and query, which may be secret.
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
    guard !host.isEmpty else { throw MalformedRequest("the URL has no host") }
  }

  /// Whether both are the same scheme, host and port.
  ///
  /// Source: RFC 6454, section 5
  func isSameOrigin(as other: Endpoint) -> Bool {
    isEncrypted == other.isEncrypted && host.lowercased() == other.host.lowercased() && port == other.port
  }

  /// The name that must be looked up; nil for an address, and for names that libcurl treats as this host.
  var nameToLookUp: String? {
    let name = host.lowercased()
    if name.hasPrefix("[") || name == "localhost" || name.hasSuffix(".localhost") { return nil }
    var address = in_addr()
    return inet_pton(AF_INET, name, &address) == 1 ? nil : name
  }

  /// The absolute URL of a `Location`, as browsers and libcurl read it; nil if it is not a URL.
  static func resolve(_ location: String, against url: String) -> String? {
    edited(url) { parsed in
      curl_url_set(parsed, CURLUPART_URL, location, UInt32(CURLU_URLENCODE) | UInt32(CURLU_ALLOW_SPACE)) == CURLUE_OK
    }
  }

  /// A URL for messages: without user, password, query and fragment, which may be secret.
  static func shown(_ url: String) -> String {
    let shown = edited(url) { parsed in
      [CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT].allSatisfy {
        curl_url_set(parsed, $0, nil, 0) == CURLUE_OK
      }
    }
    return shown ?? "another place"
  }

  private static func edited(_ url: String, _ edit: (OpaquePointer) -> Bool) -> String? {
    guard let parsed = curl_url() else { return nil }
    defer { curl_url_cleanup(parsed) }
    guard curl_url_set(parsed, CURLUPART_URL, url, UInt32(CURLU_NON_SUPPORT_SCHEME)) == CURLUE_OK, edit(parsed)
    else { return nil }
    let text = part(CURLUPART_URL, of: parsed, flags: 0)
    return text.isEmpty ? nil : text
  }

  private static func part(
    _ part: CURLUPart, of parsed: OpaquePointer, flags: Int32 = CURLU_DEFAULT_PORT
  ) -> String {
    var text: UnsafeMutablePointer<CChar>?
    guard curl_url_get(parsed, part, &text, UInt32(flags)) == CURLUE_OK, let text else { return "" }
    defer { curl_free(text) }
    return String(cString: text)
  }
}
