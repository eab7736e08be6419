import TactusModel

/// One request of a chain of redirects: the first, or the target of the last redirect.
struct Hop {
  let url: String
  let endpoint: Endpoint
  let method: HTTPRequest.Method
  let body: [UInt8]?
  let headers: [HeaderLine]

  init(_ request: HTTPRequest) {
    (url, endpoint) = (request.url, request.endpoint)
    (method, body, headers) = (request.method, request.body, request.headers)
  }

  /// The request that follows a redirect.
  ///
  /// Headers are sent only to the origin that they were written for, because they may contain secrets. If a redirect
  /// returns to that origin, they are sent again. The other rules are those of browsers and libcurl: 301, 302 and 303
  /// turn POST into GET.
  ///
  /// Source: RFC 9110, section 15.4 (methods)
  /// - Throws: ``MalformedRequest`` with the problem of the location.
  init(following status: Int, to location: String, from last: Hop, of request: HTTPRequest) throws(MalformedRequest) {
    guard let url = Endpoint.resolve(location, against: last.url) else {
      throw MalformedRequest("the Location of the answer is not a URL")
    }
    self.url = url
    endpoint = try Endpoint(url)
    let losesBody = last.method == .post && (301...303).contains(status)
    method = losesBody ? .get : last.method
    body = losesBody ? nil : last.body
    if endpoint.isSameOrigin(as: request.endpoint) {
      headers = request.headers
    } else if request.sendsHeadersAnywhere {
      // The name of the first host is wrong for another host.
      headers = request.headers.filter { $0.name.lowercased() != "host" }
    } else {
      headers = []
    }
  }

  /// The lines for libcurl, including those that keep it from adding headers.
  var headerLines: [String] {
    let given = Set(headers.map { $0.name.lowercased() })
    // Without these, libcurl would wait a second for a “100 Continue” and declare each body a form.
    let withheld = ["Expect", "Content-Type"].filter { !given.contains($0.lowercased()) }
    return headers.map(\.curlText) + withheld.map { "\($0):" }
  }

  /// Whether the request asks for another protocol, which is impossible in HTTP/2.
  ///
  /// Source: RFC 9113, section 8.6
  var upgrades: Bool { headers.contains { $0.name.lowercased() == "upgrade" } }
}
