import TactusHTTP
import TactusTestSupport
import Testing

@Suite(.timeLimit(.minutes(5)), .enabled(if: NginxServer.isInstalled, "nginx(8) is not installed"))
struct LongHeaderTests {
  @Test("A header of any length that libcurl accepts is read at once, over HTTP/2 and HTTP/1.1, with GET and HEAD")
  func everyLength() async throws {
    let server = try NginxServer()
    let client = EngineUnderTest(authorities: server.certificate)
    for (index, base) in server.bases.enumerated() {
      // Only HTTP/2 has a separate buffer for headers.
      for size in index == 0 ? NginxServer.sizes : [4, 64] {
        for (method, path) in [(HTTPRequest.Method.get, "lines"), (.head, "lines"), (.get, "line"), (.head, "line")] {
          var request = try HTTPRequest("\(base)/\(path)/\(size)", method: method)
          request.startsAfresh = true
          let answers = try await answers(to: request, of: client, times: 3)
          #expect(answers.allSatisfy { $0.status == 200 }, "\(method) \(request.url)")
          let body = method == .head ? "" : "all is well"
          #expect(answers.allSatisfy { $0.body == Array(body.utf8) }, "\(method) \(request.url)")
        }
      }
    }
  }

  @Test("A header that is longer than libcurl accepts over HTTP/2 fails at once, with the reason")
  func tooLong() async throws {
    let server = try NginxServer()
    let client = EngineUnderTest(authorities: server.certificate)
    for method in [HTTPRequest.Method.get, .head] {
      let request = try HTTPRequest("\(server.bases[0])/lines/\(NginxServer.excess)", method: method)
      let failure = try await client.failure(of: request)
      #expect(failure.cause == .oversizedHeader, "\(failure.sentence)")
    }
  }

  @Test("An answer over HTTP/2 is complete with its header if only that is asked for")
  func headerAlone() async throws {
    let server = try NginxServer()
    let client = EngineUnderTest(authorities: server.certificate)
    var request = try HTTPRequest("\(server.bases[0])/lines/64")
    request.startsAfresh = true
    request.readsBody = false
    let answers = try await answers(to: request, of: client, times: 5)
    #expect(answers.allSatisfy { $0.status == 200 && $0.body.isEmpty })
  }

  /// Sends all requests at once, like heartbeats.
  private func answers(to request: HTTPRequest, of client: EngineUnderTest, times: Int) async throws -> [HTTPResponse] {
    try await withThrowingTaskGroup(of: HTTPResponse.self) { group in
      for _ in 0..<times { group.addTask { try await client.send(request).get() } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
  }
}
