import CCurl
import TactusLinux
import TactusModel

/// One request to one server and its answer: an easy handle, and what has arrived.
final class Exchange {
  /// The transfer that it belongs to.
  let id: TransferID
  let request: HTTPRequest
  let hop: Hop
  let receiver: HTTPReceiver?
  let easy: EasyHandle

  /// The kept bytes of the body.
  private(set) var body: [UInt8] = []
  /// Bytes of the body that were read.
  private(set) var bytesRead: Int64 = 0
  /// Whether the header of the answer is complete; that of a provisional answer does not count.
  private(set) var isHeaderComplete = false
  /// Why the rest of the answer is not read; nil if it is.
  private(set) var cut: Cut?
  /// Whether nothing more is to be read for now.
  var isResting = false
  /// Why this host could not make or watch a socket; nil if it could.
  var localErrno: Int32?

  /// Why an answer is complete before its end.
  enum Cut: Hashable {
    /// Nobody reads a body that is so long.
    case longBody
    /// The header is all that was asked for.
    case headerAlone
    /// The connection has switched to another protocol (101).
    case switched
    /// It leads on, and the body of a redirect says nothing.
    case redirect(to: String)
  }

  /// - Parameters:
  ///   - addresses: of the host's name; empty if libcurl needs none.
  ///   - timeLimit: what is left of the whole; nil for no limit.
  init(
    _ id: TransferID, _ request: HTTPRequest, _ hop: Hop, addresses: [String], timeLimit: Duration?,
    settings: HTTPEngine.Settings, receiver: HTTPReceiver?
  ) throws(EasyHandle.Refusal) {
    (self.id, self.request, self.hop, self.receiver) = (id, request, hop, receiver)
    easy = try EasyHandle()
    try easy.set(CURLOPT_PRIVATE, Unmanaged.passUnretained(self).toOpaque())
    try setCallbacks()
    try configure(settings)
    try configure(timeLimit: timeLimit)
    if !addresses.isEmpty {
      try easy.setAddresses(addresses, of: hop.endpoint.host, port: hop.endpoint.port)
    }
  }

  /// The exchange behind a handle; nil for handles that libcurl made for itself.
  static func of(_ easy: UnsafeMutableRawPointer) -> Exchange? {
    var context: UnsafeMutableRawPointer?
    guard tactus_easy_get_private(easy, &context) == CURLE_OK, let context else { return nil }
    return Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
  }

  /// The status that has arrived; nil before it has.
  var status: Int? {
    let status = easy.long(CURLINFO_RESPONSE_CODE)
    return status > 0 ? status : nil
  }

  /// The progress so far.
  var stage: HTTPStage {
    if isHeaderComplete { return .body }
    if status != nil { return .header }
    // First, because a connection that is used again has no time of its own for what comes before.
    if easy.size(CURLINFO_PRETRANSFER_TIME_T) > 0 { return .waiting }
    if easy.size(CURLINFO_CONNECT_TIME_T) == 0 { return .connecting }
    if hop.endpoint.isEncrypted && easy.size(CURLINFO_APPCONNECT_TIME_T) == 0 { return .handshake }
    return .waiting
  }

  /// A line of the header has come; false stops the exchange.
  func takeHeader(_ line: UnsafeRawBufferPointer) -> Bool {
    // Lines after the body are trailers.
    guard !isHeaderComplete, let first = line.first, "\r\n".utf8.contains(first) else { return true }
    let status = status ?? 0
    // A provisional answer is followed by another header, except when the connection changes its protocol.
    guard status == 101 || !(100...199).contains(status) else { return true }
    isHeaderComplete = true
    if status == 101 {
      cut = .switched
    } else if request.followsRedirects, (300...399).contains(status), let location = easy.header("Location") {
      cut = .redirect(to: location)
    } else if !request.readsBody {
      cut = .headerAlone
    } else if (200...299).contains(status) {
      receiver?([])
    }
    return cut == nil
  }

  /// Keeps what fits and counts the rest, or hands it on; fewer bytes than given stop the exchange.
  func takeBody(_ bytes: UnsafeRawBufferPointer) -> Int {
    if let receiver, (200...299).contains(status ?? 0) {
      // Not taken: libcurl keeps the piece until the transfer goes on.
      if isResting { return Int(CURL_WRITEFUNC_PAUSE) }
      receiver(Array(bytes))
      return bytes.count
    }
    bytesRead += Int64(bytes.count)
    let room = request.bodyLimit - body.count
    if room > 0 { body.append(contentsOf: bytes.prefix(room)) }
    guard bytesRead <= Int64(request.readLimit) else {
      cut = .longBody
      return 0
    }
    return bytes.count
  }
}
