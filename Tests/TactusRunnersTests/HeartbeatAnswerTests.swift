import TactusModel
import TactusPorts
import TactusRunners
import TactusTestSupport
import Testing

/// Heartbeats with unusual answers.
@Suite(.timeLimit(.minutes(5)))
struct HeartbeatAnswerTests {
  let bench = HeartbeatBench()

  @Test("An expected switch of protocols is a success")
  func switching() async throws {
    let server = LoopbackServer { connection in
      _ = connection.request()
      connection.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
      connection.waitForEnd()
    }
    let heartbeat = Heartbeat(
      endpoint: server.url(), expectedStatus: StatusRanges([101...101]),
      headers: ["Upgrade: websocket", "Connection: Upgrade"])
    let (_, ending, report) = try await bench.run(heartbeat)
    #expect(ending == .succeeded)
    #expect(report.httpStatus == 101)
  }

  @Test("The message about an endless answer says when it began and which key to set; ReadBody=no completes it")
  func endless() async throws {
    let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self)
    let server = LoopbackServer { connection in
      _ = connection.request()
      connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
      arrival.yield()
      connection.waitForEnd()
    }
    var heartbeat = Heartbeat(endpoint: server.url(), timeout: .seconds(300))
    heartbeat.readsBody = false
    #expect(try await bench.run(heartbeat).ending == .succeeded)
    var arrived = arrivals.makeAsyncIterator()
    await arrived.next()

    heartbeat.readsBody = true
    var (id, events) = bench.start(heartbeat)
    guard case .started = await events.next() else { throw HeartbeatBench.Unexpected.event }
    await arrived.next()
    // The answer is in the kernel at this point. The test stops the request after the runner has read it.
    let standing = try await eventually("the answer has begun") { () -> String? in
      bench.runner.terminate(id)
      guard case .ended(let ending, let report) = await events.next() else { return nil }
      if report.httpStatus == nil {
        (id, events) = bench.start(heartbeat)
        _ = await events.next()
        return nil
      }
      let outcome = Outcome(ending, stop: .timeout, report: report)
      #expect(outcome.errorCode == .providerTimeout)
      return outcome.message
    }
    #expect(standing.hasPrefix("exceeded its time-out: 127.0.0.1:\(server.port) answered 200 OK after "), "\(standing)")
    #expect(standing.hasSuffix(". Set ReadBody=no to judge by the header alone"), "\(standing)")
  }

  @Test("A success reports its redirects, and a wrong status reports the headers that were not sent on")
  func redirects() async throws {
    let target = LoopbackServer { connection in
      let isKnown = connection.request()?.contains("X-Api-Key: secret") == true
      connection.answer(isKnown ? "200 OK" : "401 Unauthorized")
    }
    let server = LoopbackServer { connection in
      _ = connection.request()
      connection.answer("302 Found", headers: ["Location: \(target.url("/x?token=secret"))"])
    }
    var heartbeat = Heartbeat(endpoint: server.url(), headers: ["X-Api-Key: secret"])
    #expect(
      try await bench.run(heartbeat).ending
        == .failed(
          .statusMismatch,
          "expected 200, got 401 Unauthorized after a redirect to 127.0.0.1:\(target.port). "
            + "The lines of Header= were not sent there. Set RedirectHeaders=yes to send them"))
    heartbeat.redirectsHeaders = true
    let (_, ending, report) = try await bench.run(heartbeat)
    #expect(ending == .succeeded)
    let outcome = Outcome(ending, stop: nil, report: report)
    #expect(outcome.status == .completed)
    #expect(outcome.message == "redirected to \(target.url("/x")) (302)")
    target.stop()
    guard case .failed(let code, let sentence) = try await bench.run(heartbeat).ending else {
      throw HeartbeatBench.Unexpected.event
    }
    #expect(code == .connectionFailed)
    #expect(sentence.hasSuffix(", after it was redirected to \(target.url("/x")) (302)"), "\(sentence)")
  }

  @Test("A header line without an end is a failure of the server, and counts")
  func endlessHeader() async throws {
    let server = LoopbackServer { connection in
      _ = connection.request()
      connection.send("HTTP/1.1 200 OK\r\nX-Endless: ")
      while connection.send(String(repeating: "x", count: 1000)) {}
    }
    guard case .failed(let code, let sentence) = try await bench.run(Heartbeat(endpoint: server.url())).ending else {
      throw HeartbeatBench.Unexpected.event
    }
    #expect(code == .connectionFailed)
    #expect(code.class == .job)
    #expect(sentence.hasPrefix("the header of the answer of 127.0.0.1:\(server.port) is too long"))
  }
}
