// What `[Heartbeat]` says about its request, checked so that nothing is left for the transfer to stumble over.

/// An `http` or `https` URL with a host, of the characters that RFC 3986 allows.
///
/// Source: RFC 3986, section 2 (characters) and section 3.2 (authority)
func endpoint(_ text: String) throws(Refusal) -> String {
  // Before the characters, because those of a host have another cure.
  if let start = text.firstRange(of: "://")?.upperBound {
    try InternationalHost.check(split(beginning(of: text[start...])).host)
  }
  for scalar in text.unicodeScalars
  where !scalar.isASCII || scalar.value < 0x21 || "\"<>\\^`{|}\u{7F}".contains(Character(scalar)) {
    let encoded = String(scalar).utf8.map { "%\($0 < 16 ? "0" : "")\(String($0, radix: 16, uppercase: true))" }.joined()
    throw Refusal(
      "contains the character U+\(scalar.hexadecimal), which a URL cannot hold: percent-encode it as \(encoded)")
  }
  guard let separator = text.firstRange(of: "://"),
    ["http", "https"].contains(text[..<separator.lowerBound].lowercased())
  else { throw Refusal("is not an http or https URL: write for example https://example.org/health") }
  let authority = beginning(of: text[separator.upperBound...])
  if authority.contains("@") {
    throw Refusal("contains a user name or password, which listings would show: use Header=Authorization: …")
  }
  let (host, port) = split(authority)
  guard isHost(host) else { throw Refusal("has no valid host: write for example https://example.org/health") }
  if let port, !port.isEmpty, !(port.utf8.allSatisfy(\.isDigit) && (1...65535).contains(Int(port) ?? 0)) {
    throw Refusal("has a port that is no number from 1 to 65535: write for example https://example.org:8443/health")
  }
  return text
}

/// What stands between `//` and the path.
private func beginning(of rest: Substring) -> Substring { rest.prefix { !"/?#".contains($0) } }

/// The host, with the brackets of an IPv6 address, and what follows its colon.
private func split(_ authority: Substring) -> (host: Substring, port: Substring?) {
  let searchStart =
    authority.first == "[" ? authority.firstIndex(of: "]") ?? authority.startIndex : authority.startIndex
  guard let colon = authority[searchStart...].firstIndex(of: ":") else { return (authority, nil) }
  return (authority[..<colon], authority[authority.index(after: colon)...])
}

private func isHost(_ host: Substring) -> Bool {
  if host.first == "[" {
    return host.last == "]" && host.dropFirst().dropLast().contains(":")
      && host.dropFirst().dropLast().allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
  }
  return !host.isEmpty && host.utf8.allSatisfy { $0.isLetter || $0.isDigit || "-._".utf8.contains($0) }
}

/// A request header line, `Name: value`.
///
/// Source: RFC 9110, sections 5.1 (names are tokens) and 5.5 (values)
func header(_ text: String) throws(Refusal) -> String {
  guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else {
    throw Refusal("has no colon: write Name: value")
  }
  let name = text[..<colon]
  guard !name.isEmpty, name.utf8.allSatisfy({ $0.isLetter || $0.isDigit || "!#$%&'*+-.^_`|~".utf8.contains($0) }) else {
    throw Refusal("has text before its colon that is not the name of a header: write Name: value")
  }
  let value = Array(text[text.utf8.index(after: colon)...].utf8)[...].trimmed
  guard !value.isEmpty else { throw Refusal("has no value: write Name: value") }
  if ["content-length", "transfer-encoding"].contains(name.lowercased()) {
    throw Refusal("sets how the request is framed, which the daemon does itself: remove it")
  }
  return "\(name): \(value.text)"
}
