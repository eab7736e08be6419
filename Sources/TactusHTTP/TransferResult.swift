import CCurl
import TactusLinux
import TactusModel

extension Transfer {
  /// What became of the transfer that libcurl calls done.
  func result(_ code: CURLcode) -> Result<HTTPResponse, HTTPFailure> {
    if let response = response, code == CURLE_OK || (code == CURLE_WRITE_ERROR && isCutShort) {
      return .success(response)
    }
    let cause = cause(of: code)
    return .failure(failure(cause, code: code, sentence: sentence(for: cause, code: code)))
  }

  /// A failure that libcurl did not report; the total time is then for the caller to say.
  func failure(_ cause: HTTPFailure.Cause, after total: Duration, sentence: String) -> HTTPFailure {
    var failure = failure(cause, code: CURLE_OK, sentence: sentence)
    failure.timings.total = total
    failure.received?.timings.total = total
    return failure
  }

  private func failure(_ cause: HTTPFailure.Cause, code: CURLcode, sentence: String) -> HTTPFailure {
    HTTPFailure(cause, code: Int(code.rawValue), sentence, timings: timings, received: response)
  }

  /// What has arrived; nil before the status has.
  private var response: HTTPResponse? {
    let status = easy.long(CURLINFO_RESPONSE_CODE)
    guard status > 0 else { return nil }
    // What was announced and not read is dropped as well, if the body was cut short on purpose.
    let announced = isCutShort ? easy.size(CURLINFO_CONTENT_LENGTH_DOWNLOAD_T) : 0
    return HTTPResponse(
      status: status, body: body, droppedBytes: max(bytesRead, announced) - Int64(body.count), timings: timings,
      finalURL: finalURL, redirects: easy.long(CURLINFO_REDIRECT_COUNT))
  }

  private var finalURL: String { easy.string(CURLINFO_EFFECTIVE_URL) ?? request.url }

  private var timings: HTTPTimings {
    HTTPTimings(
      nameLookup: .microseconds(easy.size(CURLINFO_NAMELOOKUP_TIME_T)),
      connect: .microseconds(easy.size(CURLINFO_CONNECT_TIME_T)),
      tls: .microseconds(easy.size(CURLINFO_APPCONNECT_TIME_T)),
      firstByte: .microseconds(easy.size(CURLINFO_STARTTRANSFER_TIME_T)),
      total: .microseconds(easy.size(CURLINFO_TOTAL_TIME_T)),
      certificateExpiresAt: certificateExpiresAt)
  }

  private var certificateExpiresAt: Instant? {
    guard easy.string(CURLINFO_SCHEME)?.lowercased() == "https" else { return nil }
    let label = "Expire date:"
    guard let field = easy.certificateFields().first(where: { $0.hasPrefix(label) }) else { return nil }
    // OpenSSL writes `Nov 22 07:41:27 2027 GMT`, which is among what curl_getdate reads; -1 means it is not.
    let seconds = curl_getdate(String(field.dropFirst(label.count)), nil)
    return seconds < 0 ? nil : Instant(microseconds: Int64(seconds) * 1_000_000)
  }

  /// Whom the failing step was talking to: after redirects not the one who was asked first.
  private var peer: String {
    if let path = request.unixSocket { return path }
    // A URL that is refused here is one that a redirect led to; the request's own was read before.
    let last = try? Endpoint(finalURL)
    return (last ?? request.endpoint).description
  }

  private func cause(of code: CURLcode) -> HTTPFailure.Cause {
    if localErrno != nil { return .local }
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST:
      // libcurl's only sign that this host had no thread or descriptor to look the name up with.
      return easy.failureText.contains("thread failed to start") ? .local : .nameLookup
    case CURLE_COULDNT_CONNECT: return .connect
    case CURLE_OPERATION_TIMEDOUT: return .timeLimit
    case CURLE_TOO_MANY_REDIRECTS: return .redirects
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
      CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
      return .tls
    case CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT:
      // The request's own URL was read before, so this one came from the server, unless the answer is HTTP/0.9.
      return easy.long(CURLINFO_REDIRECT_COUNT) > 0 ? .redirects : .notHTTP
    case CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR: return .connectionLost
    case CURLE_OUT_OF_MEMORY, CURLE_FAILED_INIT, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ENGINE_NOTFOUND: return .local
    default: return .notHTTP
    }
  }

  private func sentence(for cause: HTTPFailure.Cause, code: CURLcode) -> String {
    let text = easy.failureText
    // libcurl repeats addresses that a redirect named, with their passwords.
    let reason = Concealment.withoutSecretsOfURLs(text.isEmpty ? String(cString: curl_easy_strerror(code)) : text)
    switch cause {
    case .nameLookup: return "the name in \(peer) was not resolved: \(reason)"
    case .connect:
      let code = Int32(truncatingIfNeeded: easy.long(CURLINFO_OS_ERRNO))
      return "no connection to \(peer): \(code == 0 ? reason : SystemError.words(for: code))"
    case .tls: return "no TLS session with \(peer): \(reason)"
    case .connectionLost:
      return response == nil
        ? "\(peer) ended the connection without an answer: \(reason)"
        : "\(peer) ended the connection in the middle of the answer: \(reason)"
    case .notHTTP: return "\(peer) did not answer in HTTP: \(reason)"
    case .redirects:
      return code == CURLE_TOO_MANY_REDIRECTS
        ? "\(peer) redirected more than \(Limits.httpRedirects) times"
        : "redirected to something that is not followed: \(reason)"
    case .timeLimit: return "\(peer) did not complete its answer in time: \(reason)"
    case .aborted: return "aborted"
    case .local:
      return "this host could not send the request: \(localErrno.map { SystemError.words(for: $0) } ?? reason)"
    }
  }
}
