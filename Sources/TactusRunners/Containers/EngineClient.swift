import FoundationEssentials
import TactusHTTP
import TactusModel
import TactusPorts

/// Talks to one container engine.
///
/// Any queue; the answers come on the queue of the HTTP engine.
struct EngineClient: Sendable {
  let http: HTTPEngine
  let endpoint: EngineEndpoint
  /// How long an engine may take for what does not wait for a container or a registry.
  let patience: Duration

  /// What came of a request.
  enum Answer {
    /// 2xx or 304, which says that it is so already.
    case success(HTTPResponse)
    /// The engine says no.
    case refused(EngineRefusal)
    /// Nothing was said to the engine: it is not there.
    case unreached(String)
    /// What the engine made of it is unknown.
    case unanswered(String)
  }

  private static let connecting: Duration = .seconds(5)

  /// How long an answer may take.
  enum Patience {
    /// As long as the engine has for everything of its own.
    case usual
    /// This long.
    case limited(Duration)
    /// For ever: it waits for a container.
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
      // What HTTP/2 adds, many requests on one connection, would have a stream of output hold up all others.
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

  /// A value for a query.
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
  /// Why it is no success; nil if it is one.
  var failure: String? {
    switch self {
    case .success: nil
    case .refused(let refusal): refusal.sentence
    case .unreached(let sentence), .unanswered(let sentence): sentence
    }
  }

  /// The same answer without what a refusal repeats of the job that the engine was given.
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
      // Nothing can have been said to it before there is a connection.
      case .timeLimit where failure.stage < .waiting: self = .unreached(failure.sentence)
      default: self = .unanswered(failure.sentence)
      }
    }
  }
}
