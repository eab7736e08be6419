import Synchronization
import TactusHTTP
import TactusModel
import TactusTestSupport
import Testing

/// Headers, methods and bodies of redirected requests.
@Suite(.timeLimit(.minutes(5)))
struct RedirectHeaderTests {
  let client = EngineUnderTest()

  /// A server that keeps the requests it gets, and redirects those for `/` if it has a target.
  private final class Witness: Sendable {
    let seen = Mutex<[String]>([])
    private let started = Mutex<LoopbackServer?>(nil)

    func server(_ status: String = "302 Found", redirectingTo location: String? = nil) -> LoopbackServer {
      LoopbackServer { [self] connection in
        let request = connection.request() ?? ""
        seen.withLock { $0.append(request) }
        let isFirst = request.split(separator: " ").dropFirst().first == "/"
        if isFirst, let location {
          connection.answer(status, headers: ["Location: \(location)"], body: "moved")
        } else {
          connection.answer("200 OK", body: "there")
        }
      }
    }

    var requests: [String] { seen.withLock { $0 } }
  }

  private static let secrets = ["X-Api-Key: secret", "Authorization: Bearer secret", "Cookie: a=secret"]

  @Test("Headers are sent only to their origin", arguments: [false, true])
  func otherOrigin(isAllowed: Bool) async throws {
    let (here, there) = (Witness(), Witness())
    let target = there.server()
    let server = here.server(redirectingTo: target.url("/x?token=a#b"))
    var request = try HTTPRequest(server.url(), headers: Self.secrets + ["Host: first.example"])
    request.sendsHeadersAnywhere = isAllowed
    let response = try await client.send(request).get()
    #expect(response.body == Array("there".utf8))
    #expect(response.finalURL == target.url("/x?token=a#b"))
    #expect(
      response.trail == [HTTPRedirect(status: 302, destination: target.url("/x"), leftHeaders: !isAllowed)])
    #expect(here.requests.first?.contains("X-Api-Key: secret\r\n") == true)
    let received = try #require(there.requests.first)
    #expect(received.hasPrefix("GET /x?token=a HTTP/1.1\r\n"))
    for secret in Self.secrets { #expect(received.contains("\(secret)\r\n") == isAllowed, "\(secret)") }
    #expect(received.contains("\r\nHost: 127.0.0.1:\(target.port)\r\n"))
    #expect(received.contains("User-Agent: tactus/test"))
  }

  @Test("Headers are sent within their origin, and again when a redirect leads back to it")
  func sameOrigin() async throws {
    let witness = Witness()
    let within = witness.server(redirectingTo: "/there")
    var request = try HTTPRequest(within.url(), headers: ["X-Api-Key: secret"])
    request.startsAfresh = true
    let response = try await client.send(request).get()
    #expect(response.trail == [HTTPRedirect(status: 302, destination: within.url("/there"), leftHeaders: false)])
    #expect(witness.requests.count == 2)
    #expect(witness.requests.allSatisfy { $0.contains("X-Api-Key: secret\r\n") })

    let back = Mutex("")
    let detour = LoopbackServer { connection in
      _ = connection.request()
      connection.answer("307 Temporary Redirect", headers: ["Location: \(back.withLock { $0 })"])
    }
    let home = Witness()
    let origin = home.server(redirectingTo: detour.url())
    back.withLock { $0 = origin.url("/home") }
    _ = try await client.send(HTTPRequest(origin.url(), headers: ["X-Api-Key: secret"])).get()
    #expect(home.requests.map { $0.contains("X-Api-Key: secret\r\n") } == [true, true])
  }

  @Test(
    "301, 302 and 303 turn POST into GET without its body, 307 and 308 repeat it",
    arguments: [301, 302, 303, 307, 308])
  func methods(status: Int) async throws {
    let witness = Witness()
    let server = witness.server("\(status) Elsewhere", redirectingTo: "/there")
    let request = try HTTPRequest(server.url(), method: .post, body: Array("question".utf8))
    _ = try await client.send(request).get()
    let last = try #require(witness.requests.last)
    #expect(last.hasPrefix(status < 304 ? "GET /there " : "POST /there "))
    #expect(last.hasSuffix("question") == (status > 303))
    #expect(try await client.send(HTTPRequest(server.url(), method: .head)).get().redirects == 1)
    #expect(witness.requests.last?.hasPrefix("HEAD /there ") == true)
  }

  @Test("The body of a redirect is not awaited")
  func endlessBody() async throws {
    let server = LoopbackServer { connection in
      if connection.request()?.hasPrefix("GET / ") == true {
        connection.send("HTTP/1.1 302 Found\r\nLocation: /there\r\n\r\nendless")
        connection.waitForEnd()
      } else {
        connection.answer("200 OK")
      }
    }
    let response = try await client.get(server.url())
    #expect(response.status == 200)
    #expect(response.droppedBytes == 0)
    #expect(response.timings.firstByte <= response.timings.total)
  }

  @Test("A user and a password in a Location are not shown")
  func credentials() async throws {
    let target = Witness().server()
    let server = Witness().server(redirectingTo: "http://user:secret@127.0.0.1:\(target.port)/x")
    let response = try await client.get(server.url())
    #expect(response.trail.map(\.destination) == [target.url("/x")])
  }
}
