import CCurl
import TactusModel

/// One request with its redirects, and its completion.
final class Transfer {
  let id: TransferID
  let request: HTTPRequest
  let begunAt: MonotonicInstant
  let receiver: HTTPReceiver?
  let completion: HTTPCompletion

  /// The current request of the chain.
  private(set) var hop: Hop
  /// The redirects that were followed.
  private(set) var redirects: [HTTPRedirect] = []
  /// The exchange under way; nil while a name is looked up.
  private(set) var exchange: Exchange?
  /// When this hop began.
  private var hopBegunAt: MonotonicInstant
  /// The duration of this hop's look-up, which precedes libcurl.
  private var lookup: Duration = .zero
  /// The sum of the phases of the hops before this one.
  private var spent = HTTPTimings(nameLookup: .zero, connect: .zero, tls: .zero, firstByte: .zero, total: .zero)
  /// Whether reading is paused.
  private(set) var isResting = false

  /// The next step after an exchange has ended.
  enum Turn {
    /// The transfer has ended.
    case ended(Result<HTTPResponse, HTTPFailure>)
    /// The transfer follows a redirect: ``hop`` is sent next.
    case follows
  }

  init(
    _ id: TransferID, _ request: HTTPRequest, begunAt: MonotonicInstant, receiver: HTTPReceiver?,
    completion: @escaping HTTPCompletion
  ) {
    (self.id, self.request, self.begunAt, hopBegunAt) = (id, request, begunAt, begunAt)
    (self.receiver, self.completion) = (receiver, completion)
    hop = Hop(request)
  }

  /// The name that must be looked up before the hop can be sent; nil if none is needed.
  var nameToLookUp: String? { request.unixSocket == nil ? hop.endpoint.nameToLookUp : nil }

  /// The deadline of the look-up; nil for no limit.
  var lookupDeadline: MonotonicInstant? {
    [request.connectLimit.map { hopBegunAt + $0 }, request.timeLimit.map { begunAt + $0 }].compactMap(\.self).min()
  }

  /// Creates the exchange of this hop.
  func begin(
    with addresses: [String], settings: HTTPEngine.Settings, at now: MonotonicInstant
  ) throws(EasyHandle.Refusal) -> Exchange {
    lookup = now - hopBegunAt
    let exchange = try Exchange(
      id, request, hop, addresses: addresses, timeLimit: request.timeLimit.map { $0 - (now - begunAt) },
      settings: settings, receiver: receiver)
    exchange.isResting = isResting
    self.exchange = exchange
    return exchange
  }

  /// Pauses or resumes reading.
  func rest(_ isResting: Bool) {
    self.isResting = isResting
    exchange?.isResting = isResting
  }

  /// Decides on the next step after the end of an exchange.
  func turn(after exchange: Exchange, _ code: CURLcode, at now: MonotonicInstant) -> Turn {
    guard code == CURLE_OK || (code == CURLE_WRITE_ERROR && exchange.cut != nil), let response = response(at: now)
    else {
      let cause = exchange.cause(of: code)
      return .ended(.failure(failure(cause, code: code, exchange.sentence(for: cause, code: code), at: now)))
    }
    guard case .redirect(let location) = exchange.cut else { return .ended(.success(response)) }
    guard redirects.count < Limits.httpRedirects else {
      let sentence = "\(exchange.peer) redirected more than \(Limits.httpRedirects) times"
      return .ended(.failure(failure(.redirects, sentence, at: now)))
    }
    do {
      try follow(to: location, status: response.status, at: now)
      return .follows
    } catch {
      let sentence = "\(exchange.peer) redirected to something that is not followed: \(error.sentence)"
      return .ended(.failure(failure(.redirects, sentence, at: now)))
    }
  }

  /// A failure of this transfer, with the part of the answer that has arrived.
  func failure(
    _ cause: HTTPFailure.Cause, code: CURLcode = CURLE_OK, _ sentence: String, standing: String? = nil,
    at now: MonotonicInstant
  ) -> HTTPFailure {
    HTTPFailure(
      cause, code: Int(code.rawValue), sentence, stage: exchange?.stage ?? .nameLookup,
      standing: standing ?? exchange?.standing ?? "", redirects: redirects, timings: timings(at: now),
      received: response(at: now))
  }

  private func follow(to location: String, status: Int, at now: MonotonicInstant) throws(MalformedRequest) {
    let next = try Hop(following: status, to: location, from: hop, of: request)
    redirects.append(
      HTTPRedirect(
        status: status, destination: Endpoint.shown(next.url),
        leftHeaders: next.headers.isEmpty && !request.headers.isEmpty))
    (spent, hop, exchange) = (timings(at: now), next, nil)
    (hopBegunAt, lookup) = (now, .zero)
  }

  /// The part of the answer that has arrived; nil before its status.
  private func response(at now: MonotonicInstant) -> HTTPResponse? {
    guard let exchange, let status = exchange.status else { return nil }
    // If the body exceeded the limit, the announced bytes that were not read are also dropped.
    let announced = exchange.cut == .longBody ? exchange.easy.size(CURLINFO_CONTENT_LENGTH_DOWNLOAD_T) : 0
    return HTTPResponse(
      status: status, body: exchange.body,
      droppedBytes: max(exchange.bytesRead, announced) - Int64(exchange.body.count), timings: timings(at: now),
      finalURL: hop.url, trail: redirects)
  }

  /// The phases, over all hops.
  private func timings(at now: MonotonicInstant) -> HTTPTimings {
    var timings = spent
    timings.total = now - begunAt
    guard let exchange else {
      timings.nameLookup += now - hopBegunAt
      return timings
    }
    // Zero means that the phase was not reached.
    func span(_ info: CURLINFO) -> Duration {
      let span = exchange.easy.size(info)
      return span == 0 ? .zero : lookup + .microseconds(span)
    }
    timings.nameLookup += max(lookup, span(CURLINFO_NAMELOOKUP_TIME_T))
    timings.connect += span(CURLINFO_CONNECT_TIME_T)
    timings.tls += span(CURLINFO_APPCONNECT_TIME_T)
    timings.firstByte += span(CURLINFO_STARTTRANSFER_TIME_T)
    timings.certificateExpiresAt = exchange.certificateExpiresAt
    return timings
  }
}

extension Exchange {
  /// When the server's certificate expires; nil without TLS.
  fileprivate var certificateExpiresAt: Instant? {
    guard easy.string(CURLINFO_SCHEME)?.lowercased() == "https" else { return nil }
    let label = "Expire date:"
    guard let field = easy.certificateFields().first(where: { $0.hasPrefix(label) }) else { return nil }
    // OpenSSL writes `Nov 22 07:41:27 2027 GMT`, which curl_getdate can read; it returns -1 for other text.
    let seconds = curl_getdate(String(field.dropFirst(label.count)), nil)
    return seconds < 0 ? nil : Instant(microseconds: Int64(seconds) * 1_000_000)
  }
}
