import TactusHTTP
import TactusTestSupport
import Testing

@Suite(.timeLimit(.minutes(5)))
struct RedirectTests {
  let client = EngineUnderTest()

  /// `/n` redirects to `/n-1`, and `/0` is the end.
  let countdown = LoopbackServer { connection in
    let path = connection.request()?.split(separator: " ").dropFirst().first ?? "/0"
    let left = Int(path.dropFirst()) ?? 0
    if left == 0 {
      connection.answer("200 OK", body: "the end")
    } else {
      connection.answer("302 Found", headers: ["Location: /\(left - 1)"], body: "moved")
    }
  }

  @Test("A chain of ten redirects is followed to its end")
  func chain() async throws {
    let response = try await client.get(countdown.url("/10"))
    #expect(response.status == 200)
    #expect(response.redirects == 10)
    #expect(response.body == Array("the end".utf8))
    #expect(response.finalURL == countdown.url("/0"))
  }

  @Test("The eleventh redirect is one too many")
  func loop() async throws {
    let failure = try await client.failure(of: HTTPRequest(countdown.url("/11")))
    #expect(failure.cause == .redirects)
    #expect(failure.sentence == "127.0.0.1:\(countdown.port) redirected more than 10 times")
    #expect(failure.received?.status == 302)
  }

  @Test("A redirect that must not be followed is the answer")
  func unfollowed() async throws {
    var request = try HTTPRequest(countdown.url("/3"))
    request.followsRedirects = false
    let response = try await client.send(request).get()
    #expect(response.status == 302)
    #expect(response.body == Array("moved".utf8))
  }

  @Test(
    "A message does not show the password or the query of a redirect's URL",
    arguments: [
      "ftp://user:Xyzzy@127.0.0.1/?Xyzzy", "http://user:Xyzzy@127.0.0.1:99999/", "http://user:Xyzzy@[::1/",
      "http://u:Xyzzy@/",
      "http://user:Xyzzy@no-such-host.invalid/?token=Xyzzy", "http://user:Xyzzy@127.0.0.1:1/?token=Xyzzy",
    ])
  func secretLocation(location: String) async throws {
    let server = LoopbackServer { connection in
      _ = connection.request()
      connection.answer("302 Found", headers: ["Location: \(location)"])
    }
    let failure = try await client.failure(of: HTTPRequest(server.url()))
    #expect(!failure.sentence.contains("Xyzzy"), "\(failure.sentence)")
  }

  @Test(
    "A redirect leads to http and https only", arguments: ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://x/"])
  func otherProtocol(location: String) async throws {
    let server = LoopbackServer { connection in
      _ = connection.request()
      connection.answer("302 Found", headers: ["Location: \(location)"])
    }
    let failure = try await client.failure(of: HTTPRequest(server.url()))
    #expect(failure.cause == .redirects)
    #expect(failure.sentence.contains("redirected to something that is not followed"))
    #expect(failure.received?.status == 302)
  }
}
