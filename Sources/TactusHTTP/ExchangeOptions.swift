import CCurl
import Glibc
import TactusLinux
import TactusModel

extension Exchange {
  /// The number of bytes that libcurl reads at once.
  ///
  /// libcurl 7.88 passes the header of an HTTP/2 answer in one piece of this size, and does not ask for another turn
  /// for the rest (`cf_h2_recv`). So the piece must hold the longest header that libcurl accepts: 128 KiB
  /// (`DYN_H2_HEADERS`). HTTP/2 is offered only with TLS. Only the filled part of the buffer is touched, so an answer
  /// of a few KiB costs a few KiB.
  private var bufferSize: Int {
    if hop.endpoint.isEncrypted { return 128 << 10 }
    // A stream may be long, and there are few of them.
    return receiver == nil ? 16 << 10 : 64 << 10
  }

  /// Sets the callbacks for arriving bytes and for new sockets.
  func setCallbacks() throws(EasyHandle.Refusal) {
    let context = Unmanaged.passUnretained(self).toOpaque()
    try easy.check(
      tactus_easy_set_write(
        easy.pointer,
        { bytes, size, count, context in
          guard let bytes, let context else { return 0 }
          let exchange = Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
          return exchange.takeBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }, context))
    try easy.check(
      tactus_easy_set_header(
        easy.pointer,
        { bytes, size, count, context in
          guard let bytes, let context else { return 0 }
          let exchange = Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
          return exchange.takeHeader(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
        }, context))
    // libcurl 7.88 creates sockets that a spawned job would inherit.
    try easy.check(
      tactus_easy_set_open_socket(
        easy.pointer,
        { context, _, address in
          guard let context, let address else { return CURL_SOCKET_BAD }
          let (family, type, number) = (address.pointee.family, address.pointee.socktype, address.pointee.protocol)
          let descriptor = socket(family, type | Int32(SOCK_CLOEXEC.rawValue), number)
          let code = errno
          if descriptor < 0, [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(code) {
            Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue().localErrno = code
          }
          return descriptor
        }, context))
  }

  /// Sets the options of every request.
  func configure(_ settings: HTTPEngine.Settings) throws(EasyHandle.Refusal) {
    // Signals belong to the daemon.
    try easy.set(CURLOPT_NOSIGNAL, true)
    try easy.set(CURLOPT_PROTOCOLS_STR, "http,https")
    // The environment of the daemon must not send requests elsewhere.
    try easy.set(CURLOPT_PROXY, "")
    try easy.set(CURLOPT_BUFFERSIZE, bufferSize)
    try easy.set(CURLOPT_USERAGENT, settings.userAgent)
    try easy.set(CURLOPT_CERTINFO, true)
    if let file = request.credentials?.authorities ?? settings.certificateAuthorities {
      try easy.set(CURLOPT_CAINFO, file)
    }
    if let file = request.credentials?.certificate { try easy.set(CURLOPT_SSLCERT, file) }
    if let file = request.credentials?.key { try easy.set(CURLOPT_SSLKEY, file) }
    if let path = request.unixSocket { try easy.set(CURLOPT_UNIX_SOCKET_PATH, path) }
  }

  /// Sets the options of this request.
  func configure(timeLimit: Duration?) throws(EasyHandle.Refusal) {
    try easy.set(CURLOPT_URL, hop.url)
    switch hop.method {
    case .get: try easy.set(CURLOPT_HTTPGET, true)
    case .head: try easy.set(CURLOPT_NOBODY, true)
    case .post:
      try easy.set(CURLOPT_POST, true)
      try easy.setPostBody(hop.body ?? [])
    case .delete: try easy.set(CURLOPT_CUSTOMREQUEST, "DELETE")
    }
    // libcurl would send all headers to the target of a redirect, see Hop.
    try easy.set(CURLOPT_FOLLOWLOCATION, false)
    if request.usesHTTP1 || hop.upgrades { try easy.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1)) }
    // Rounded up, plus one, because a limit must not expire early, and libcurl counts a part of a millisecond as a
    // whole one. To libcurl, zero means no limit for the whole, and 300 s for connecting.
    func limit(_ span: Duration) -> Int { max(1, Int((span.microseconds + 999) / 1000) + 1) }
    try easy.set(CURLOPT_TIMEOUT_MS, timeLimit.map(limit) ?? 0)
    if let shorter = [request.connectLimit, timeLimit].compactMap(\.self).min() {
      try easy.set(CURLOPT_CONNECTTIMEOUT_MS, limit(shorter))
    }
    if request.startsAfresh {
      try easy.set(CURLOPT_FRESH_CONNECT, true)
      try easy.set(CURLOPT_FORBID_REUSE, true)
    }
    try easy.setHeaders(hop.headerLines)
  }
}
