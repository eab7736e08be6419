import Synchronization
import TactusModel
import TactusPorts
import TactusRunners
import TactusTestSupport
import Testing

@Suite(.timeLimit(.minutes(5)))
struct HeartbeatTests {
  let bench = HeartbeatBench()

  private func server(_ status: String, body: String = "") -> LoopbackServer {
    LoopbackServer { connection in
      _ = connection.request()
      connection.answer(status, body: body)
    }
  }

  @Test("The expected status is a success, with status, timings and the body as output")
  func alive() async throws {
    let server = server("200 OK", body: "fine\nvery fine")
    let (id, ending, report) = try await bench.run(Heartbeat(endpoint: server.url()))
    #expect(ending == .succeeded)
    #expect(report.httpStatus == 200)
    #expect(report.timings?.total ?? .zero > .zero)
    #expect(report.endedAt != nil)
    #expect((report.logBytes, report.logDroppedBytes) == (14, 0))
    let lines = bench.output.lines(of: id)
    #expect(lines.map { String(decoding: $0.bytes, as: UTF8.self) } == ["fine", "very fine"])
    #expect(lines.map(\.isPartial) == [false, true])
    #expect(lines.allSatisfy { $0.stream == .stdout })
  }

  @Test("Another status is a mismatch, and the message names both")
  func mismatch() async throws {
    let server = server("503 Whatever")
    let (_, ending, report) = try await bench.run(Heartbeat(endpoint: server.url()))
    #expect(ending == .failed(.statusMismatch, "expected 200, got 503 Service Unavailable"))
    #expect(report.httpStatus == 503)
  }

  @Test("Codes and ranges are expected as written")
  func ranges() async throws {
    let server = server("204 No Content")
    let fitting = Heartbeat(endpoint: server.url(), expectedStatus: StatusRanges([300...399, 200...204]))
    #expect(try await bench.run(fitting).ending == .succeeded)
    let other = Heartbeat(endpoint: server.url(), expectedStatus: StatusRanges([200...200, 300...399]))
    #expect(
      try await bench.run(other).ending == .failed(.statusMismatch, "expected 200 300-399, got 204 No Content"))
  }

  @Test("Redirects are followed, or are the answer")
  func redirects() async throws {
    let server = LoopbackServer { connection in
      let isFirst = connection.request()?.hasPrefix("GET / ") == true
      connection.answer(isFirst ? "301 Moved" : "404 Gone", headers: isFirst ? ["Location: /there"] : [])
    }
    var heartbeat = Heartbeat(endpoint: server.url())
    let place = "127.0.0.1:\(server.port)"
    #expect(
      try await bench.run(heartbeat).ending
        == .failed(.statusMismatch, "expected 200, got 404 Not Found after a redirect to \(place)"))
    heartbeat.followsRedirects = false
    heartbeat.expectedStatus = StatusRanges([301...301])
    #expect(try await bench.run(heartbeat).ending == .succeeded)
  }

  @Test("A redirect loop is an unexpected answer")
  func loop() async throws {
    let server = LoopbackServer { connection in
      _ = connection.request()
      connection.answer("302 Found", headers: ["Location: /"])
    }
    let (_, ending, report) = try await bench.run(Heartbeat(endpoint: server.url()))
    #expect(ending == .failed(.statusMismatch, "127.0.0.1:\(server.port) redirected more than 10 times"))
    #expect(report.httpStatus == 302)
  }

  @Test("A missing connection is CONNECTION_FAILED")
  func refused() async throws {
    let server = server("200 OK")
    server.stop()
    let (_, ending, report) = try await bench.run(Heartbeat(endpoint: server.url()))
    #expect(
      ending == .failed(.connectionFailed, "no connection to 127.0.0.1:\(server.port): Connection refused"))
    #expect(report.httpStatus == nil)
    #expect(report.timings != nil)
  }

  @Test(
    "A request that cannot be sent as written ends without a start",
    arguments: [
      Heartbeat(endpoint: "http://"), Heartbeat(endpoint: "ftp://host/"),
      Heartbeat(endpoint: "http://127.0.0.1/", method: "BREW"),
      Heartbeat(endpoint: "http://127.0.0.1/", headers: ["X: 1\r\nY: 2"]),
    ])
  func malformed(heartbeat: Heartbeat) async throws {
    var (_, events) = bench.start(heartbeat)
    guard case .ended(.failed(.validationError, let sentence), _) = await events.next() else {
      Issue.record("the malformed heartbeat was started")
      return
    }
    #expect(!sentence.isEmpty)
  }

  @Test("Terminating aborts the request, and the attempt is known until it has ended", arguments: [false, true])
  func terminate(harder: Bool) async throws {
    let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self)
    let server = LoopbackServer { connection in
      _ = connection.request()
      arrival.yield()
      connection.waitForEnd()
      arrival.yield()
    }
    var arrived = arrivals.makeAsyncIterator()
    // The longest time-out: on a machine under load, the request must still be running when it is checked.
    var (id, events) = bench.start(Heartbeat(endpoint: server.url(), timeout: Limits.heartbeatTimeout))
    guard case .started = await events.next() else { throw HeartbeatBench.Unexpected.event }
    await arrived.next()
    #expect(await unknown(id).isEmpty)
    if harder { bench.runner.kill(id) } else { bench.runner.terminate(id) }
    guard case .ended(let ending, _) = await events.next() else { throw HeartbeatBench.Unexpected.event }
    #expect(ending == .failed(.connectionFailed, "aborted"))
    await arrived.next()
    #expect(await unknown(id) == [id])
    bench.runner.terminate(id)
  }

  private func unknown(_ id: JobID) async -> [JobID] {
    await withCheckedContinuation { waiter in bench.runner.unknown(among: [id]) { waiter.resume(returning: $0) } }
  }

  @Test("At most 16 KiB of the body are stored, and at most the job's log limit", arguments: [16 << 10, 100])
  func bodyLimit(limit: Int) async throws {
    let server = server("200 OK", body: String(repeating: "x", count: 20_000))
    let (id, ending, report) = try await bench.run(
      Heartbeat(endpoint: server.url()), logLimit: limit == 100 ? 100 : 1 << 20)
    #expect(ending == .succeeded)
    #expect((report.logBytes, report.logDroppedBytes) == (Int64(limit), Int64(20_000 - limit)))
    #expect(bench.output.lines(of: id).map(\.bytes.count) == [limit])
  }

  @Test("Output that could not be stored counts as dropped, and does not change the result")
  func unstored() async throws {
    let bench = HeartbeatBench(storing: false)
    let server = server("200 OK", body: "fine\n")
    let (_, ending, report) = try await bench.run(Heartbeat(endpoint: server.url()))
    #expect(ending == .succeeded)
    #expect((report.logBytes, report.logDroppedBytes) == (0, 5))
  }

  @Test("A request does not outlive the daemon that sent it")
  func recover() async {
    var generator = SystemRandomNumberGenerator()
    let remnant = Remnant(
      id: JobID(at: Instant(microseconds: 0), using: &generator), kind: .heartbeat,
      queue: QueueName(builtIn: .heartbeat),
      fence: 1,
      status: .running, bootID: "", facts: nil, stopReason: nil)
    let isAlive = await withCheckedContinuation { waiter in
      bench.runner.recover(remnant, events: { _ in }, answer: { waiter.resume(returning: $0 == .orphan) })
    }
    #expect(!isAlive)
  }
}
