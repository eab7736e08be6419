import TactusHTTP
import TactusModel
import TactusTestSupport
import Testing

@Suite(.timeLimit(.minutes(5)))
struct BrokenServerTests {
  let client = EngineUnderTest()

  @Test("A server that closes the connection at once is reported")
  func closesAtOnce() async throws {
    let server = LoopbackServer { connection in _ = connection.request() }
    let failure = try await client.failure(of: HTTPRequest(server.url()))
    #expect(failure.cause == .connectionLost)
    #expect(failure.sentence.hasPrefix("127.0.0.1:\(server.port) ended the connection without an answer"))
    #expect(failure.received == nil)
  }

  @Test("Half an answer is a failure, and the message says what had arrived")
  func halfAnswer() async throws {
    let server = LoopbackServer { connection in
      _ = connection.request()
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
    }
    let failure = try await client.failure(of: HTTPRequest(server.url()))
    #expect(failure.cause == .connectionLost)
    #expect(failure.sentence.contains("in the middle of the answer"))
    #expect(failure.received?.status == 200)
    #expect(failure.received?.body == Array("only this".utf8))
  }

  @Test("Garbage is not HTTP", arguments: ["SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 abc\r\n\r\n", "\0\u{1}\u{2}\r\n\r\n"])
  func garbage(text: String) async throws {
    let server = LoopbackServer { connection in
      _ = connection.request()
      connection.send(text)
    }
    let failure = try await client.failure(of: HTTPRequest(server.url()))
    #expect(failure.cause == .notHTTP)
    #expect(failure.sentence.hasPrefix("127.0.0.1:\(server.port) did not answer in HTTP"))
  }

  @Test("A body with wrong framing is reported as not HTTP, and not as an ended connection")
  func badChunk() async throws {
    let server = LoopbackServer { connection in
      _ = connection.request()
      connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n")
      connection.waitForEnd()
    }
    let failure = try await client.failure(of: HTTPRequest(server.url()))
    #expect(failure.cause == .notHTTP, "\(failure.sentence)")
  }

  @Test("A header that arrives byte by byte is read to its end")
  func slowHeader() async throws {
    let server = LoopbackServer { connection in
      _ = connection.request()
      for byte in "HTTP/1.1 200 OK\r\nX-Slow: yes\r\nContent-Length: 2\r\n\r\nok".utf8 { connection.send([byte]) }
    }
    #expect(try await client.get(server.url()).body == Array("ok".utf8))
  }

  @Test("A refused connection is reported with host, port and reason")
  func refused() async throws {
    let server = LoopbackServer { _ in }
    server.stop()
    let failure = try await client.failure(of: HTTPRequest(server.url()))
    #expect(failure.cause == .connect)
    #expect(failure.sentence == "no connection to 127.0.0.1:\(server.port): Connection refused")
  }

  @Test("A name that does not exist fails only its own request")
  func unknownName() async throws {
    let server = LoopbackServer { connection in
      _ = connection.request()
      connection.answer("200 OK")
    }
    async let lost = client.failure(of: HTTPRequest("http://name.invalid/"))
    #expect(try await client.get(server.url()).status == 200)
    let failure = try await lost
    #expect(failure.cause == .nameLookup)
    #expect(failure.sentence.contains("name.invalid"))
  }

  @Test("The engine's time limit ends a request that is not ended otherwise")
  func timeLimit() async throws {
    let server = LoopbackServer { $0.waitForEnd() }
    var request = try HTTPRequest(server.url())
    request.timeLimit = .milliseconds(100)
    let failure = try await client.failure(of: request)
    #expect(failure.cause == .timeLimit)
    #expect(failure.timings.total >= .milliseconds(100))
  }
}
