import Synchronization
import TactusHTTP
import TactusModel
import TactusTestSupport
import Testing

@Suite(.timeLimit(.minutes(5)))
struct AnswerTests {
  let client = EngineUnderTest()

  @Test("An answer has its status, its body and its timings")
  func plainAnswer() async throws {
    let server = LoopbackServer { connection in
      _ = connection.request()
      connection.answer("200 OK", body: "all is well\n")
    }
    let response = try await client.get(server.url())
    #expect(response.status == 200)
    #expect(response.body == Array("all is well\n".utf8))
    #expect(response.droppedBytes == 0)
    #expect(response.redirects == 0)
    let times = response.timings
    #expect(times.connect > .zero)
    #expect(times.tls == .zero)
    #expect(times.connect <= times.firstByte && times.firstByte <= times.total)
    #expect(times.certificateExpiresAt == nil)
  }

  @Test("An answer with any status is an answer", arguments: [204, 304, 404, 503, 599])
  func otherStatus(status: Int) async throws {
    let server = LoopbackServer { connection in
      _ = connection.request()
      connection.send("HTTP/1.1 \(status) Whatever\r\nContent-Length: 0\r\n\r\n")
    }
    #expect(try await client.get(server.url()).status == status)
  }

  @Test("The server receives the method, the headers in order, and the body of a POST without delay or form type")
  func requestAsSeen() async throws {
    let seen = Mutex<[String]>([])
    let server = LoopbackServer { connection in
      if let request = connection.request() { seen.withLock { $0.append(request) } }
      connection.answer("200 OK")
    }
    let request = try HTTPRequest(
      server.url("/hook?a=b"), method: .post, headers: ["X-First: 1", "X-Second:two words ", "X-Empty:"],
      body: Array("{\"a\":1}".utf8))
    _ = try await client.send(request).get()
    let text = try #require(seen.withLock { $0.first })
    let lines = text.split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init)
    #expect(lines.first == "POST /hook?a=b HTTP/1.1")
    #expect(lines.filter { $0.hasPrefix("X-") } == ["X-First: 1", "X-Second: two words", "X-Empty:"])
    #expect(lines.contains("User-Agent: tactus/test"))
    #expect(lines.last == "{\"a\":1}")
    let names = lines.map { $0.prefix { $0 != ":" }.lowercased() }
    for absent in ["expect", "content-type", "cookie", "accept-encoding"] { #expect(!names.contains(absent)) }
  }

  @Test("A POST without a body is sent with a length of zero")
  func emptyPost() async throws {
    let seen = Mutex<[String]>([])
    let server = LoopbackServer { connection in
      if let request = connection.request() { seen.withLock { $0.append(request) } }
      connection.answer("200 OK")
    }
    _ = try await client.send(HTTPRequest(server.url(), method: .post, headers: ["Content-Type: text/plain"])).get()
    let text = try #require(seen.withLock { $0.first })
    #expect(text.contains("\r\nContent-Length: 0\r\n"))
    #expect(text.contains("\r\nContent-Type: text/plain\r\n"))
  }

  @Test("HEAD ends with the header, whatever length is announced")
  func head() async throws {
    let server = LoopbackServer { connection in
      guard connection.request()?.hasPrefix("HEAD ") == true else { return }
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
      connection.waitForEnd()
    }
    var request = try HTTPRequest(server.url(), method: .head)
    request.startsAfresh = true
    let response = try await client.send(request).get()
    #expect(response.status == 200)
    #expect(response.body.isEmpty)
    #expect(response.droppedBytes == 0)
  }

  @Test("A connection is reused, unless the request asks for a new one")
  func connections() async throws {
    let connections = Atomic<Int>(0)
    let server = LoopbackServer { connection in
      connections.add(1, ordering: .relaxed)
      while connection.request() != nil { connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") }
    }
    _ = try await client.get(server.url())
    _ = try await client.get(server.url())
    #expect(connections.load(ordering: .relaxed) == 1)
    var request = try HTTPRequest(server.url())
    request.startsAfresh = true
    for _ in 0..<2 { _ = try await client.send(request).get() }
    #expect(connections.load(ordering: .relaxed) == 3)
  }

  @Test("Bytes beyond the limit are counted, not kept")
  func longBody() async throws {
    let server = LoopbackServer { connection in
      _ = connection.request()
      connection.answer("200 OK", body: String(repeating: "x", count: 100_000))
    }
    var request = try HTTPRequest(server.url())
    request.bodyLimit = 4096
    let response = try await client.send(request).get()
    #expect(response.body == Array(repeating: UInt8(ascii: "x"), count: 4096))
    #expect(response.droppedBytes == 100_000 - 4096)
  }

  @Test("A body of 10 MB is not read: the connection is closed, and the announced rest counts as dropped")
  func hugeBody() async throws {
    let server = LoopbackServer { connection in
      _ = connection.request()
      connection.answer("200 OK", body: String(repeating: "x", count: 10_000_000))
    }
    var request = try HTTPRequest(server.url())
    request.bodyLimit = 16
    let response = try await client.send(request).get()
    #expect(response.status == 200)
    #expect(response.droppedBytes == 10_000_000 - 16)
  }

  @Test("An endless body counts as a complete answer")
  func endlessBody() async throws {
    let server = LoopbackServer { connection in
      _ = connection.request()
      connection.send("HTTP/1.1 200 OK\r\n\r\n")
      while connection.send(String(repeating: "x", count: 65_536)) {}
    }
    let response = try await client.get(server.url())
    #expect(response.status == 200)
    #expect(response.body.count == 64 << 10)
    #expect(response.droppedBytes > 0)
  }

  @Test("500 requests at once each get their own answer")
  func manyAtOnce() async throws {
    let server = LoopbackServer { connection in
      let path = connection.request()?.split(separator: " ").dropFirst().first ?? "-"
      connection.answer("200 OK", body: String(path))
    }
    let bodies = await withTaskGroup(of: String.self) { group in
      for index in 0..<500 {
        group.addTask {
          // The kind of failure does not matter: only the number of good answers is tested.
          guard let response = try? await client.get(server.url("/\(index)")) else { return "failed" }
          return String(decoding: response.body, as: UTF8.self)
        }
      }
      return await group.reduce(into: Set<String>()) { $0.insert($1) }
    }
    #expect(bodies == Set((0..<500).map { "/\($0)" }))
  }
}
