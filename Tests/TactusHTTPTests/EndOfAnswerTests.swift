import TactusHTTP
import TactusTestSupport
import Testing

/// The completeness of answers, and the messages about incomplete ones.
@Suite(.timeLimit(.minutes(5)))
struct EndOfAnswerTests {
  let client = EngineUnderTest()

  @Test("A switch of protocols is complete with its header, although the connection stays open")
  func switching() async throws {
    let server = LoopbackServer { connection in
      _ = connection.request()
      connection.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\u{1}\u{2}")
      connection.waitForEnd()
    }
    let request = try HTTPRequest(server.url(), headers: ["Upgrade: websocket", "Connection: Upgrade"])
    let response = try await client.send(request).get()
    #expect(response.status == 101)
    #expect(response.body.isEmpty)
  }

  @Test("A provisional answer is not the answer", arguments: ["100 Continue", "102 Processing", "103 Early Hints"])
  func provisional(status: String) async throws {
    let server = LoopbackServer { connection in
      _ = connection.request()
      connection.send("HTTP/1.1 \(status)\r\nLink: </x>\r\n\r\n")
      connection.answer("200 OK", body: "fine")
    }
    var request = try HTTPRequest(server.url())
    #expect(try await client.send(request).get().body == Array("fine".utf8))
    request.readsBody = false
    #expect(try await client.send(request).get().status == 200)
  }

  /// Creates a server that sends events without end.
  private func stream() -> LoopbackServer {
    LoopbackServer { connection in
      _ = connection.request()
      connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
      connection.waitForEnd()
    }
  }

  @Test("An endless answer is complete with its header if only that is asked for")
  func headerAlone() async throws {
    let server = stream()
    var request = try HTTPRequest(server.url())
    request.readsBody = false
    #expect(try await client.send(request).get().status == 200)
  }

  @Test("A request on a reused connection counts as sent, although no connection was opened")
  func usedAgain() async throws {
    let server = LoopbackServer { connection in
      _ = connection.request()
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
      _ = connection.request()
      connection.waitForEnd()
    }
    #expect(try await client.get(server.url()).status == 200)
    var request = try HTTPRequest(server.url())
    request.timeLimit = .milliseconds(300)
    #expect(try await client.failure(of: request).stage == .waiting)
  }

  @Test("A time-out reports how much of the answer had arrived")
  func standing() async throws {
    let server = stream()
    let silent = LoopbackServer { $0.waitForEnd() }
    let slow = LoopbackServer { connection in
      _ = connection.request()
      connection.send("HTTP/1.1 200 OK\r\nX-Slow: ")
      connection.waitForEnd()
    }
    for (server, stage, words) in [
      (server, HTTPStage.body, "answered 200 OK after "),
      (silent, .waiting, "accepted the connection but sent no answer"),
      (slow, .header, "but the header did not end"),
    ] {
      var request = try HTTPRequest(server.url())
      request.timeLimit = .milliseconds(300)
      let failure = try await client.failure(of: request)
      #expect(failure.cause == .timeLimit)
      #expect(failure.stage == stage)
      #expect(
        failure.sentence.hasPrefix("no complete answer in time: 127.0.0.1:\(server.port) "), "\(failure.sentence)")
      #expect(failure.sentence.contains(words), "\(failure.sentence)")
    }
  }

  @Test(
    "A header that is too long is the server's fault, and not a lack of memory on this host", arguments: [true, false])
  func oversized(isOneLine: Bool) async throws {
    let server = LoopbackServer { connection in
      _ = connection.request()
      connection.send("HTTP/1.1 200 OK\r\nX-Endless: ")
      while connection.send(String(repeating: "x", count: 1000) + (isOneLine ? "" : "\r\nX-More: ")) {}
    }
    let failure = try await client.failure(of: HTTPRequest(server.url()))
    #expect(failure.cause == .oversizedHeader)
    #expect(failure.sentence.hasPrefix("the header of the answer of 127.0.0.1:\(server.port) is too long"))
    #expect(failure.received?.status == 200)
  }
}
