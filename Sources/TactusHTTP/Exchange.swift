import CCurl
import TactusLinux
import TactusModel

/// One request to one server: an easy handle, and the part of the answer that has arrived.
final class Exchange {
  /// The id of its transfer.
  let id: TransferID
  let request: HTTPRequest
  let hop: Hop
  let receiver: HTTPReceiver?
  let easy: EasyHandle

  /// The kept bytes of the body.
  private(set) var body: [UInt8] = []
  /// The number of bytes of the body that were read.
  private(set) var bytesRead: Int64 = 0
  /// Whether the header of the answer is complete; the header of a provisional answer does not count.
  private(set) var isHeaderComplete = false
  /// The reason why the rest of the answer is not read; nil if it is read.
  private(set) var cut: Cut?
  /// Whether reading is paused.
  var isResting = false
  /// The errno with which this host failed to create or watch a socket; nil if it did not fail.
  var localErrno: Int32?

  /// The reason why an answer is complete before its end.
  enum Cut: Hashable {
    /// The body exceeds the limit.
    case longBody
    /// Only the header was requested.
    case headerAlone
    /// The connection has switched to another protocol (101).
    case switched
    /// It is a redirect, whose body does not matter.
    case redirect(to: String)
  }

  /// - Parameters:
  ///   - addresses: the addresses of the host's name; empty if libcurl needs none.
  ///   - timeLimit: the remaining time; nil for no limit.
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

  /// The exchange of a handle; nil for handles that libcurl created for itself.
  static func of(_ easy: UnsafeMutableRawPointer) -> Exchange? {
    var context: UnsafeMutableRawPointer?
    guard tactus_easy_get_private(easy, &context) == CURLE_OK, let context else { return nil }
    return Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
  }

  /// The status of the answer; nil before it has arrived.
  var status: Int? {
    let status = easy.long(CURLINFO_RESPONSE_CODE)
    return status > 0 ? status : nil
  }

  /// The progress so far.
  var stage: HTTPStage {
    if isHeaderComplete { return .body }
    if status != nil { return .header }
    // First, because a reused connection has no times for the earlier stages.
    if easy.size(CURLINFO_PRETRANSFER_TIME_T) > 0 { return .waiting }
    if easy.size(CURLINFO_CONNECT_TIME_T) == 0 { return .connecting }
    if hop.endpoint.isEncrypted && easy.size(CURLINFO_APPCONNECT_TIME_T) == 0 { return .handshake }
    return .waiting
  }

  /// Takes a line of the header; returns false to stop the exchange.
  func takeHeader(_ line: UnsafeRawBufferPointer) -> Bool {
    // Lines after the body are trailers.
    guard !isHeaderComplete, let first = line.first, "\r\n".utf8.contains(first) else { return true }
    let status = status ?? 0
    // Another header follows a provisional answer, unless the connection switches its protocol.
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

  /// Keeps the bytes that fit and counts the rest, or passes all on; returns fewer bytes to stop the exchange.
  func takeBody(_ bytes: UnsafeRawBufferPointer) -> Int {
    if let receiver, (200...299).contains(status ?? 0) {
      // libcurl keeps the piece until the transfer is resumed.
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
