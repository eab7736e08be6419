import CCurl
import TactusModel

/// One request on its way through its redirects, and its completion.
final class Transfer {
  let id: TransferID
  let request: HTTPRequest
  let begunAt: MonotonicInstant
  let receiver: HTTPReceiver?
  let completion: HTTPCompletion

  /// The request that is to be sent now, or was.
  private(set) var hop: Hop
  /// The redirects that were followed.
  private(set) var redirects: [HTTPRedirect] = []
  /// The exchange under way; nil while a name is looked up.
  private(set) var exchange: Exchange?
  /// When the request of this hop was to be sent.
  private var hopBegunAt: MonotonicInstant
  /// Duration of the look-up of this hop, before libcurl.
  private var lookup: Duration = .zero
  /// The phases of the hops before this one, each summed up.
  private var spent = HTTPTimings(nameLookup: .zero, connect: .zero, tls: .zero, firstByte: .zero, total: .zero)
  /// Whether nothing more is to be read for now.
  private(set) var isResting = false

  /// The next step after an exchange has ended.
  enum Turn {
    /// It has ended.
    case ended(Result<HTTPResponse, HTTPFailure>)
    /// It follows a redirect: ``hop`` is the next to be sent.
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

  /// The name that has to be looked up before the hop can be sent; nil for none.
  var nameToLookUp: String? { request.unixSocket == nil ? hop.endpoint.nameToLookUp : nil }

  /// When the look-up has to be over; nil for no limit.
  var lookupDeadline: MonotonicInstant? {
    [request.connectLimit.map { hopBegunAt + $0 }, request.timeLimit.map { begunAt + $0 }].compactMap(\.self).min()
  }

  /// Makes the exchange of this hop.
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

  /// Reads no more for now, or reads on.
  func rest(_ isResting: Bool) {
    self.isResting = isResting
    exchange?.isResting = isResting
  }

  /// Takes the end of an exchange and decides on the next step.
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

  /// A failure of this transfer, with what has arrived.
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

  /// The answer as far as it has arrived; nil before its status has.
  private func response(at now: MonotonicInstant) -> HTTPResponse? {
    guard let exchange, let status = exchange.status else { return nil }
    // What was announced and not read is dropped as well, if the body was cut short for its length.
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
    /// Zero is a phase that was not reached.
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
    // OpenSSL writes `Nov 22 07:41:27 2027 GMT`, which is among what curl_getdate reads; -1 means it is not.
    let seconds = curl_getdate(String(field.dropFirst(label.count)), nil)
    return seconds < 0 ? nil : Instant(microseconds: Int64(seconds) * 1_000_000)
  }
}
