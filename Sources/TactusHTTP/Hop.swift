import TactusModel

/// One request of a chain of redirects: the first, or where the last answer led to.
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

  /// The request that a redirect asks for.
  ///
  /// Headers go to the origin that they were written for, because they may be keys to it; back there, they go along
  /// again. Of the rest the rules are those of browsers and libcurl: 301, 302 and 303 turn POST into GET.
  ///
  /// Source: RFC 9110, section 15.4 (methods)
  /// - Throws: what is wrong with the location.
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
      // The name of the first host says nothing to another.
      headers = request.headers.filter { $0.name.lowercased() != "host" }
    } else {
      headers = []
    }
  }

  /// The lines as libcurl wants them, with what it must not add by itself.
  var headerLines: [String] {
    let given = Set(headers.map { $0.name.lowercased() })
    // Without these, libcurl would wait a second for a “100 Continue” and call any body a form.
    let withheld = ["Expect", "Content-Type"].filter { !given.contains($0.lowercased()) }
    return headers.map(\.curlText) + withheld.map { "\($0):" }
  }

  /// Whether it asks for another protocol, which HTTP/2 has no way to do.
  ///
  /// Source: RFC 9113, section 8.6
  var upgrades: Bool { headers.contains { $0.name.lowercased() == "upgrade" } }
}
