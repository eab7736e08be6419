import TactusHTTP
import Testing

@Suite
struct RequestTests {
  @Test(
    "A URL that cannot be used is refused with the reason",
    arguments: [
      ("", "the URL cannot be read"), ("example.org/x", "the URL cannot be read"),
      ("http://", "the URL cannot be read: No host part in the URL"),
      ("http://host:99999/", "the URL cannot be read: Port number was not a decimal number between 0 and 65535"),
      ("http://a b/", "the URL cannot be read"), ("http://host/\r\nX: y", "the URL cannot be read"),
      ("http://host/\0", "the URL contains a NUL byte"),
      ("file:///etc/passwd", "the scheme of the URL is file, not http or https"),
      ("gopher://host/", "the scheme of the URL is gopher, not http or https"),
    ])
  func badURL(url: String, reason: String) {
    let refusal = #expect(throws: MalformedRequest.self) { try HTTPRequest(url) }
    #expect(refusal?.sentence.hasPrefix(reason) == true, "\(refusal?.sentence ?? "no refusal")")
  }

  @Test(
    "A header is one line with a name, or refused",
    arguments: [
      "X-A: 1\r\nX-B: 2", "X-A: 1\nX-B: 2", "X-A: 1\u{0}", "X-A\r: 1", "no colon", ": nameless", "X A: 1",
      "Content-Length: 5", "transfer-encoding: chunked", "X-A: \u{7F}",
    ])
  func badHeader(line: String) {
    let refusal = #expect(throws: MalformedRequest.self) { try HTTPRequest("http://host/", headers: [line]) }
    #expect(refusal?.sentence.contains("\n") == false)
  }

  @Test("A refused header line does not show its value, which may be secret")
  func secretHeader() {
    let refusal = #expect(throws: MalformedRequest.self) {
      try HTTPRequest("http://host/", headers: ["Authorization: secret\n"])
    }
    #expect(refusal?.sentence.contains("secret") == false)
    // A line without a colon, or with blanks before it, may be secret as a whole.
    for line in ["Authorization secret", "my secret: x", "secret", ": secret"] {
      let refusal = #expect(throws: MalformedRequest.self) { try HTTPRequest("http://host/", headers: [line]) }
      #expect(refusal?.sentence.contains("secret") == false, "\(line)")
    }
  }

  @Test("Registered statuses have their phrase, others do not")
  func words() {
    #expect(HTTPStatus.described(503) == "503 Service Unavailable")
    #expect(HTTPStatus.described(299) == "299")
  }
}
