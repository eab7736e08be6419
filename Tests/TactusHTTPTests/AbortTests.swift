import Synchronization
import TactusHTTP
import TactusLinux
import TactusModel
import TactusPorts
import TactusTestSupport
import Testing

@Suite(.timeLimit(.minutes(5)))
struct AbortTests {
  let client = EngineUnderTest()

  /// Creates a server that reports the arrival of a request, and never answers it.
  private static func silent() -> (server: LoopbackServer, arrivals: AsyncStream<Void>) {
    let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self)
    let server = LoopbackServer { connection in
      _ = connection.request()
      arrival.yield()
      connection.waitForEnd()
      arrival.yield()
    }
    return (server, arrivals)
  }

  @Test("An aborted request ends at once, and the server sees the connection end")
  func abort() async throws {
    let (server, arrivals) = Self.silent()
    let request = try HTTPRequest(server.url())
    var arrived = arrivals.makeAsyncIterator()
    let (ends, end) = AsyncStream.makeStream(of: Result<HTTPResponse, HTTPFailure>.self)
    let id = client.engine.start(request) { end.yield($0) }
    await arrived.next()
    client.engine.abort(id)
    var ended = ends.makeAsyncIterator()
    let result = await ended.next()
    guard case .failure(let failure) = result else {
      Issue.record("the aborted request came back with \(String(describing: result))")
      return
    }
    #expect(failure.cause == .aborted)
    #expect(failure.timings.total > .zero)
    await arrived.next()
  }

  @Test("Aborting before the start, twice, or after the end completes a request once")
  func abortAnytime() async throws {
    let server = LoopbackServer { connection in
      _ = connection.request()
      connection.answer("200 OK")
    }
    let completions = Atomic<Int>(0)
    let request = try HTTPRequest(server.url())
    let id = client.engine.start(request) { _ in completions.add(1, ordering: .relaxed) }
    client.engine.abort(id)
    client.engine.abort(id)
    #expect(try await client.get(server.url()).status == 200)
    client.engine.abort(id)
    client.engine.call { _ in }
    #expect(completions.load(ordering: .relaxed) == 1)
  }

  @Test("Closing the engine completes pending requests and refuses later ones")
  func close() async throws {
    let (server, arrivals) = Self.silent()
    let causes = Mutex<[HTTPFailure.Cause]>([])
    let note: HTTPCompletion = { result in
      if case .failure(let failure) = result { causes.withLock { $0.append(failure.cause) } }
    }
    var arrived = arrivals.makeAsyncIterator()
    let request = try HTTPRequest(server.url())
    client.engine.start(request, completion: note)
    await arrived.next()
    client.engine.close()
    #expect(causes.withLock { $0 } == [.aborted])
    client.engine.start(request, completion: note)
    client.engine.close()
    #expect(causes.withLock { $0 } == [.aborted, .aborted])
  }

  @Test("Of 200 requests that are started, aborted and answered at the same time, each ends")
  func storm() async throws {
    let server = LoopbackServer { connection in
      guard let request = connection.request(), !request.contains("/silent") else { return connection.waitForEnd() }
      connection.answer("200 OK")
    }
    let (ends, end) = AsyncStream.makeStream(of: Void.self)
    for index in 0..<200 {
      let request = try HTTPRequest(server.url(index % 3 == 0 ? "/silent" : "/"))
      let id = client.engine.start(request) { _ in end.yield() }
      if index % 3 == 0 || index.isMultiple(of: 2) { client.engine.abort(id) }
    }
    var count = 0
    for await _ in ends {
      count += 1
      if count == 200 { break }
    }
    #expect(count == 200)
  }
}
