import CCurl
import TactusLinux
import TactusModel

extension Exchange {
  /// The server as `host:port`, or the path of its socket.
  var peer: String { request.unixSocket ?? hop.endpoint.description }

  /// The cause of a failure with a code of libcurl.
  func cause(of code: CURLcode) -> HTTPFailure.Cause {
    if localErrno != nil { return .local }
    if isOversized(code) { return .oversizedHeader }
    switch code {
    // libcurl has the same code for a body with wrong framing and for a broken connection.
    case CURLE_RECV_ERROR where easy.failureText.contains("chunked"): return .notHTTP
    case CURLE_COULDNT_RESOLVE_HOST: return .nameLookup
    case CURLE_COULDNT_CONNECT: return .connect
    case CURLE_OPERATION_TIMEDOUT: return .timeLimit
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
      CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
      return .tls
    case CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_HTTP2,
      CURLE_HTTP2_STREAM:
      return .connectionLost
    case CURLE_OUT_OF_MEMORY, CURLE_FAILED_INIT, CURLE_SSL_ENGINE_NOTFOUND:
      // After the request was sent, the cause is the server's answer.
      return stage < .waiting ? .local : .notHTTP
    case CURLE_SSL_CACERT_BADFILE, CURLE_UNRECOVERABLE_POLL: return .local
    default: return .notHTTP
    }
  }

  /// The message for the operator.
  func sentence(for cause: HTTPFailure.Cause, code: CURLcode) -> String {
    let text = easy.failureText
    // libcurl repeats the URLs of redirects, with their passwords.
    let reason = Concealment.withoutSecretsOfURLs(text.isEmpty ? String(cString: curl_easy_strerror(code)) : text)
    switch cause {
    case .nameLookup: return "the name in \(peer) was not resolved: \(reason)"
    case .connect:
      let code = Int32(truncatingIfNeeded: easy.long(CURLINFO_OS_ERRNO))
      return "no connection to \(peer): \(code == 0 ? reason : SystemError.words(for: code))"
    case .tls: return "no TLS session with \(peer): \(reason)"
    case .connectionLost:
      return status == nil
        ? "\(peer) ended the connection without an answer: \(reason)"
        : "\(peer) ended the connection in the middle of the answer: \(reason)"
    case .notHTTP: return "\(peer) did not answer in HTTP: \(reason)"
    case .oversizedHeader:
      return "the header of the answer of \(peer) is too long: libcurl accepts 100 KiB per line and 300 KiB in total "
        + "(128 KiB over HTTP/2)"
    case .redirects: return "\(peer) redirected to something that is not followed: \(reason)"
    case .timeLimit: return "no complete answer in time: \(standing)"
    case .aborted: return "aborted"
    case .local:
      return "this host could not send the request: \(localErrno.map { SystemError.words(for: $0) } ?? reason)"
    }
  }

  /// The state of the exchange, as a part of a message.
  var standing: String {
    switch stage {
    case .nameLookup, .connecting: return "\(peer) has not accepted the connection"
    case .handshake: return "\(peer) accepted the connection, but the TLS handshake did not end"
    case .waiting: return "\(peer) accepted the connection but sent no answer"
    case .header: return "\(peer) began to answer (\(answered)), but the header did not end"
    case .body: return "\(peer) answered \(answered), but the body did not end"
    }
  }

  /// `200 OK after 22 ms`.
  private var answered: String {
    let first = easy.size(CURLINFO_STARTTRANSFER_TIME_T)
    return "\(HTTPStatus.described(status ?? 0)) after \(first / 1000) ms"
  }

  /// Whether the header exceeds a limit of libcurl, which has no separate code before version 8.6.
  private func isOversized(_ code: CURLcode) -> Bool {
    guard stage >= .waiting, !isHeaderComplete else { return false }
    switch code {
    // A line exceeds its buffer.
    case CURLE_OUT_OF_MEMORY: return true
    // All lines exceed the limit, or over HTTP/2 the buffer, which nghttp2 reports as a failed callback.
    case CURLE_RECV_ERROR:
      return ["Too large response headers", "returned -902"].contains { easy.failureText.contains($0) }
    // CURLE_TOO_LARGE of later versions.
    default: return code.rawValue == 100
    }
  }
}
