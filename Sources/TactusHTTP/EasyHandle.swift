import CCurl

/// One `CURL *` with the memory that it points to: a typed version of libcurl's easy interface.
///
/// The corresponding C functions are `curl_easy_init`, `curl_easy_setopt`, `curl_easy_getinfo`, `curl_easy_cleanup`.
final class EasyHandle {
  /// The handle, for the multi interface.
  let pointer: UnsafeMutableRawPointer
  private let errorText: UnsafeMutablePointer<CChar>
  private var headers: UnsafeMutablePointer<curl_slist>?
  private var addresses: UnsafeMutablePointer<curl_slist>?
  private var share: UnsafeMutableRawPointer?

  /// The error of a call that libcurl refused.
  struct Refusal: Error, CustomStringConvertible {
    let code: CURLcode

    var description: String { String(cString: curl_easy_strerror(code)) }
  }

  init() throws(Refusal) {
    guard let pointer = curl_easy_init() else { throw Refusal(code: CURLE_OUT_OF_MEMORY) }
    self.pointer = pointer
    errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    try check(tactus_easy_set_pointer(pointer, CURLOPT_ERRORBUFFER, errorText))
  }

  deinit {
    curl_easy_cleanup(pointer)
    // After the handle that uses it, because libcurl refuses the other order.
    if let share { curl_share_cleanup(share) }
    curl_slist_free_all(headers)
    curl_slist_free_all(addresses)
    errorText.deallocate()
  }

  /// libcurl's message about the failure; empty if it has no message.
  var failureText: String { String(cString: errorText) }

  func set(_ option: CURLoption, _ value: Int) throws(Refusal) {
    try check(tactus_easy_set_long(pointer, option, value))
  }

  func set(_ option: CURLoption, _ value: Bool) throws(Refusal) { try set(option, value ? 1 : 0) }

  func set(_ option: CURLoption, _ value: String) throws(Refusal) {
    try check(value.withCString { tactus_easy_set_pointer(pointer, option, $0) })
  }

  func set(_ option: CURLoption, _ value: UnsafeMutableRawPointer) throws(Refusal) {
    try check(tactus_easy_set_pointer(pointer, option, value))
  }

  /// Sends a copy of the bytes as the body of a POST.
  func setPostBody(_ bytes: [UInt8]) throws(Refusal) {
    // The size is set first, because libcurl copies that many bytes.
    try check(tactus_easy_set_size(pointer, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count)))
    // An empty array has no address, and with a null pointer libcurl would read the body from a callback.
    let copied = bytes.isEmpty ? [0] : bytes
    try check(copied.withUnsafeBytes { tactus_easy_set_pointer(pointer, CURLOPT_COPYPOSTFIELDS, $0.baseAddress) })
  }

  func setHeaders(_ lines: [String]) throws(Refusal) {
    for line in lines {
      guard let longer = curl_slist_append(headers, line) else { throw Refusal(code: CURLE_OUT_OF_MEMORY) }
      headers = longer
    }
    try check(tactus_easy_set_pointer(pointer, CURLOPT_HTTPHEADER, headers))
  }

  /// Makes libcurl connect to these addresses instead of looking up the name.
  ///
  /// - Parameters:
  ///   - host: as it is in the URL.
  ///   - addresses: numeric, in the order to try them.
  func setAddresses(_ addresses: [String], of host: String, port: String) throws(Refusal) {
    // A separate cache of names, because such an entry stays in the cache forever.
    guard let share = curl_share_init() else { throw Refusal(code: CURLE_OUT_OF_MEMORY) }
    self.share = share
    guard tactus_share_set_long(share, CURLSHOPT_SHARE, Int(CURL_LOCK_DATA_DNS.rawValue)) == CURLSHE_OK
    else { throw Refusal(code: CURLE_FAILED_INIT) }
    try check(tactus_easy_set_pointer(pointer, CURLOPT_SHARE, share))
    let list = addresses.map { $0.contains(":") ? "[\($0)]" : $0 }.joined(separator: ",")
    guard let entry = curl_slist_append(nil, "\(host):\(port):\(list)") else {
      throw Refusal(code: CURLE_OUT_OF_MEMORY)
    }
    self.addresses = entry
    try check(tactus_easy_set_pointer(pointer, CURLOPT_RESOLVE, entry))
  }

  /// The value of a response header; the first one, if there are several.
  func header(_ name: String) -> String? {
    var found: UnsafeMutablePointer<curl_header>?
    guard curl_easy_header(pointer, name, 0, UInt32(CURLH_HEADER), -1, &found) == CURLHE_OK else { return nil }
    return found?.pointee.value.map { String(cString: $0) }
  }

  /// Resumes a paused transfer.
  func unpause() { curl_easy_pause(pointer, CURLPAUSE_CONT) }

  func check(_ code: CURLcode) throws(Refusal) {
    guard code == CURLE_OK else { throw Refusal(code: code) }
  }

  /// A number about the transfer; 0 if libcurl does not know it.
  func long(_ info: CURLINFO) -> Int {
    var value = 0
    return tactus_easy_get_long(pointer, info, &value) == CURLE_OK ? value : 0
  }

  /// A size in bytes or a time in µs; 0 if libcurl does not know it.
  func size(_ info: CURLINFO) -> Int64 {
    var value: curl_off_t = 0
    return tactus_easy_get_size(pointer, info, &value) == CURLE_OK ? Int64(value) : 0
  }

  func string(_ info: CURLINFO) -> String? {
    var value: UnsafePointer<CChar>?
    guard tactus_easy_get_string(pointer, info, &value) == CURLE_OK else { return nil }
    return value.map { String(cString: $0) }
  }

  /// The fields of the server's own certificate, `Name:value`; empty without TLS.
  func certificateFields() -> [String] {
    var found: UnsafePointer<curl_certinfo>?
    guard tactus_easy_get_certificates(pointer, &found) == CURLE_OK, let chain = found?.pointee, chain.num_of_certs > 0
    else { return [] }
    var fields: [String] = []
    var entry = chain.certinfo?[0]
    while let field = entry?.pointee {
      if let data = field.data { fields.append(String(cString: data)) }
      entry = field.next
    }
    return fields
  }
}
