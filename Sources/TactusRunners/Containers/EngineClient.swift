import FoundationEssentials
import TactusHTTP
import TactusModel
import TactusPorts

/// Sends requests to one container engine.
///
/// Any queue. Answers arrive on the queue of the HTTP engine.
struct EngineClient: Sendable {
  let http: HTTPEngine
  let endpoint: EngineEndpoint
  /// How long the engine may take for requests that do not wait for a container or a registry.
  let patience: Duration

  /// The outcome of a request.
  enum Answer {
    /// 2xx, or 304 if the state is already as requested.
    case success(HTTPResponse)
    /// The engine refused the request.
    case refused(EngineRefusal)
    /// The request did not reach the engine.
    case unreached(String)
    /// The request was sent, and its effect is unknown.
    case unanswered(String)
  }

  private static let connecting: Duration = .seconds(5)

  /// How long an answer may take.
  enum Patience {
    /// The engine's usual limit.
    case usual
    /// This long.
    case limited(Duration)
    /// Forever, because the request waits for a container.
    case endless
  }

  /// Sends a request.
  @discardableResult
  func send(
    _ method: HTTPRequest.Method, _ path: String, query: [(String, String)] = [], body: [UInt8]? = nil,
    within limit: Patience = .usual, bodyLimit: Int = 4 << 20, receiver: HTTPReceiver? = nil,
    answer: @escaping @Sendable (Answer) -> Void
  ) -> TransferID? {
    let parameters = query.map { "\($0)=\(Self.encoded($1))" }.joined(separator: "&")
    let url = "\(base)/v1.41\(path)\(parameters.isEmpty ? "" : "?\(parameters)")"
    do {
      var request = try HTTPRequest(url, method: method, headers: ["Content-Type: application/json"], body: body)
      request.followsRedirects = false
      // With HTTP/2, many requests share a connection, and one stream of output would block the others.
      request.usesHTTP1 = true
      request.timeLimit =
        switch limit {
        case .usual: patience
        case .limited(let span): span
        case .endless: nil
        }
      request.connectLimit = Self.connecting
      request.bodyLimit = bodyLimit
      request.readLimit = bodyLimit
      switch endpoint {
      case .unix(let path): request.unixSocket = path
      case .tcp(_, _, let tls): request.credentials = tls
      }
      return http.start(request, receiver: receiver) { answer(Answer($0)) }
    } catch {
      http.queue.post { answer(.unreached(error.sentence)) }
      return nil
    }
  }

  private var base: String {
    switch endpoint {
    case .unix: "http://engine"
    case .tcp(let host, let port, let tls): "\(tls == nil ? "http" : "https")://\(host):\(port)"
    }
  }

  /// Encodes a value for a query.
  ///
  /// Source: RFC 3986, section 2.3, unreserved characters
  static func encoded(_ text: String) -> String {
    text.utf8.reduce(into: "") { encoded, byte in
      let isPlain =
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-._~".utf8.contains(byte)
      let digits = String(byte, radix: 16, uppercase: true)
      encoded += isPlain ? String(Unicode.Scalar(byte)) : "%\(digits.count == 1 ? "0" : "")\(digits)"
    }
  }
}

extension EngineClient.Answer {
  /// The reason why the request failed; nil if it succeeded.
  var failure: String? {
    switch self {
    case .success: nil
    case .refused(let refusal): refusal.sentence
    case .unreached(let sentence), .unanswered(let sentence): sentence
    }
  }

  /// The same answer without the parts of the job that a refusal repeats.
  func concealing(_ concealment: Concealment) -> EngineClient.Answer {
    if case .refused(let refusal) = self { .refused(refusal.concealing(concealment)) } else { self }
  }

  init(_ result: Result<HTTPResponse, HTTPFailure>) {
    switch result {
    case .success(let response) where (200...299).contains(response.status) || response.status == 304:
      self = .success(response)
    case .success(let response): self = .refused(EngineRefusal(response))
    case .failure(let failure):
      switch failure.cause {
      case .connect, .nameLookup, .tls, .local: self = .unreached(failure.sentence)
      // Without a connection the request cannot have been sent.
      case .timeLimit where failure.stage < .waiting: self = .unreached(failure.sentence)
      default: self = .unanswered(failure.sentence)
      }
    }
  }
}
