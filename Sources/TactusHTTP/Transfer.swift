import CCurl
import Glibc
import TactusLinux
import TactusModel

/// One request on its way: an easy handle, what has arrived, and who waits for it.
final class Transfer {
  let id: TransferID
  let request: HTTPRequest
  let begunAt: MonotonicInstant
  let receiver: HTTPReceiver?
  let completion: HTTPCompletion
  let easy: EasyHandle

  /// The kept bytes of the body.
  private(set) var body: [UInt8] = []
  /// Bytes of the body that were read.
  private(set) var bytesRead: Int64 = 0
  /// Whether the body was longer than anybody wants to read, so that the connection is closed.
  private(set) var isCutShort = false
  /// Whether nothing more is to be read for now.
  var isResting = false
  /// Why this host could not make or watch a socket; nil if it could.
  var localErrno: Int32?

  init(
    _ id: TransferID, _ request: HTTPRequest, settings: HTTPEngine.Settings, begunAt: MonotonicInstant,
    receiver: HTTPReceiver?, completion: @escaping HTTPCompletion
  ) throws(EasyHandle.Refusal) {
    (self.id, self.request, self.begunAt) = (id, request, begunAt)
    (self.receiver, self.completion) = (receiver, completion)
    easy = try EasyHandle()
    try configureEngine(settings)
    try configureRequest()
  }

  /// The transfer behind a handle; nil for handles that libcurl made for itself.
  static func of(_ easy: UnsafeMutableRawPointer) -> Transfer? {
    var context: UnsafeMutableRawPointer?
    guard tactus_easy_get_private(easy, &context) == CURLE_OK, let context else { return nil }
    return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
  }

  private var context: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

  /// What holds for every request.
  private func configureEngine(_ settings: HTTPEngine.Settings) throws(EasyHandle.Refusal) {
    try easy.set(CURLOPT_PRIVATE, context)
    // Signals belong to the daemon, and a hung lookup must not hold the queue when its transfer is over.
    try easy.set(CURLOPT_NOSIGNAL, true)
    try easy.set(CURLOPT_QUICK_EXIT, true)
    try easy.set(CURLOPT_PROTOCOLS_STR, "http,https")
    try easy.set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https")
    // The environment of the daemon must not send requests elsewhere.
    try easy.set(CURLOPT_PROXY, "")
    // Memory for thousands at once: 2 KiB instead of 16 each; a stream may be long, and is one of few.
    try easy.set(CURLOPT_BUFFERSIZE, receiver == nil ? 2048 : 64 << 10)
    try easy.set(CURLOPT_USERAGENT, settings.userAgent)
    try easy.set(CURLOPT_CERTINFO, true)
    if let file = request.credentials?.authorities ?? settings.certificateAuthorities {
      try easy.set(CURLOPT_CAINFO, file)
    }
    if let file = request.credentials?.certificate { try easy.set(CURLOPT_SSLCERT, file) }
    if let file = request.credentials?.key { try easy.set(CURLOPT_SSLKEY, file) }
    if let path = request.unixSocket { try easy.set(CURLOPT_UNIX_SOCKET_PATH, path) }
    try easy.check(
      tactus_easy_set_write(
        easy.pointer,
        { bytes, size, count, context in
          guard let bytes, let context else { return 0 }
          let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
          return transfer.take(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }, context))
    if receiver != nil {
      try easy.check(
        tactus_easy_set_header(
          easy.pointer,
          { bytes, size, count, context in
            guard let context else { return 0 }
            // The empty line ends the header.
            if size * count == 2 { Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().begin() }
            return size * count
          }, context))
    }
    // libcurl 7.88 makes sockets that a spawned job would inherit.
    try easy.check(
      tactus_easy_set_open_socket(
        easy.pointer,
        { context, _, address in
          guard let context, let address else { return CURL_SOCKET_BAD }
          let (family, type, number) = (address.pointee.family, address.pointee.socktype, address.pointee.protocol)
          let descriptor = socket(family, type | Int32(SOCK_CLOEXEC.rawValue), number)
          let code = errno
          if descriptor < 0, [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(code) {
            Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().localErrno = code
          }
          return descriptor
        }, context))
  }

  private func configureRequest() throws(EasyHandle.Refusal) {
    try easy.set(CURLOPT_URL, request.url)
    switch request.method {
    case .get: try easy.set(CURLOPT_HTTPGET, true)
    case .head: try easy.set(CURLOPT_NOBODY, true)
    case .post:
      try easy.set(CURLOPT_POST, true)
      try easy.setPostBody(request.body ?? [])
    case .delete: try easy.set(CURLOPT_CUSTOMREQUEST, "DELETE")
    }
    try easy.set(CURLOPT_FOLLOWLOCATION, request.followsRedirects)
    try easy.set(CURLOPT_MAXREDIRS, Limits.httpRedirects)
    // Zero is no limit to libcurl, for the whole; for connecting it is 300 s.
    try easy.set(CURLOPT_TIMEOUT_MS, request.timeLimit.map { max(1, Int($0.milliseconds)) } ?? 0)
    if let limit = request.connectLimit ?? request.timeLimit {
      try easy.set(CURLOPT_CONNECTTIMEOUT_MS, max(1, Int(limit.milliseconds)))
    }
    if request.startsAfresh {
      try easy.set(CURLOPT_FRESH_CONNECT, true)
      try easy.set(CURLOPT_FORBID_REUSE, true)
      try easy.set(CURLOPT_DNS_CACHE_TIMEOUT, 0)
    }
    try easy.setHeaders(headerLines)
  }

  private var headerLines: [String] {
    let given = Set(request.headers.map { $0.name.lowercased() })
    // Without these, libcurl would wait a second for a “100 Continue” and call any body a form.
    let withheld = ["Expect", "Content-Type"].filter { !given.contains($0.lowercased()) }
    return request.headers.map(\.curlText) + withheld.map { "\($0):" }
  }

  /// The header of the answer is complete.
  private func begin() {
    guard (200...299).contains(easy.long(CURLINFO_RESPONSE_CODE)) else { return }
    receiver?([])
  }

  /// Keeps what fits and counts the rest, or hands it on; fewer bytes than given tell libcurl to stop.
  private func take(_ bytes: UnsafeRawBufferPointer) -> Int {
    if let receiver, (200...299).contains(easy.long(CURLINFO_RESPONSE_CODE)) {
      // Not taken: libcurl keeps the piece until the transfer goes on.
      if isResting { return Int(CURL_WRITEFUNC_PAUSE) }
      receiver(Array(bytes))
      return bytes.count
    }
    bytesRead += Int64(bytes.count)
    let room = request.bodyLimit - body.count
    if room > 0 { body.append(contentsOf: bytes.prefix(room)) }
    guard bytesRead <= Int64(request.readLimit) else {
      isCutShort = true
      return 0
    }
    return bytes.count
  }
}
