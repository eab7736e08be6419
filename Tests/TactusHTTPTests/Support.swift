import TactusHTTP
import TactusLinux
import Testing

/// An engine for one test, closed when the test releases it.
final class EngineUnderTest: Sendable {
  let engine: HTTPEngine

  init(authorities: String? = nil) {
    var settings = HTTPEngine.Settings(userAgent: "tactus/test")
    settings.certificateAuthorities = authorities
    engine = HTTPEngine(settings: settings, time: SystemTime(), alarms: LinuxAlarms())
  }

  deinit { engine.close() }

  /// Sends a request and waits for its result.
  func send(_ request: HTTPRequest) async -> Result<HTTPResponse, HTTPFailure> {
    await withCheckedContinuation { waiter in engine.start(request) { waiter.resume(returning: $0) } }
  }

  /// Sends a GET and expects an answer.
  func get(_ url: String) async throws -> HTTPResponse { try await send(HTTPRequest(url)).get() }

  /// Sends a request and expects it to fail.
  func failure(of request: HTTPRequest) async throws -> HTTPFailure {
    switch await send(request) {
    case .success(let response): throw Unexpected(response: response)
    case .failure(let failure): return failure
    }
  }

  /// An answer where a failure was expected.
  struct Unexpected: Error {
    let response: HTTPResponse
  }
}
