/// One line of a request's header, which is checked to be exactly one line.
///
/// Source: RFC 9110, section 5.5: a value with CR, LF or NUL is dangerous and must not be sent.
struct HeaderLine: Hashable, Sendable {
  let name: String
  let value: String

  /// Reads a line; a refusal shows at most a well-formed name, because the rest may be secret.
  init(_ text: String) throws(MalformedRequest) {
    let bytes = Array(text.utf8)
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else {
      throw MalformedRequest("a header line has no colon")
    }
    let name = bytes[..<colon]
    let value = bytes[(colon + 1)...]
    guard !name.isEmpty, name.allSatisfy(Self.isTokenByte) else {
      throw MalformedRequest("a header line does not begin with the name of a header")
    }
    guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == UInt8(ascii: "\t") }) else {
      throw MalformedRequest("the header \(String(decoding: name, as: UTF8.self)) has a control character in its value")
    }
    self.name = String(decoding: name, as: UTF8.self)
    self.value = String(decoding: Self.trimmed(value), as: UTF8.self)
    // The engine frames the message. Contradicting headers allow request smuggling (RFC 9112, section 11.2).
    guard !["content-length", "transfer-encoding"].contains(self.name.lowercased()) else {
      throw MalformedRequest("the header \(self.name) is set by Tactus itself")
    }
  }

  /// The line for libcurl, where `Name;` is a header without a value, and `Name:` would remove the header.
  var curlText: String { value.isEmpty ? "\(name);" : "\(name): \(value)" }

  /// Whether a byte may be in a token.
  ///
  /// Source: RFC 9110, section 5.6.2.
  private static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }

  private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    guard let first = bytes.firstIndex(where: { !isBlank($0) }), let last = bytes.lastIndex(where: { !isBlank($0) })
    else { return [] }
    return bytes[first...last]
  }
}
