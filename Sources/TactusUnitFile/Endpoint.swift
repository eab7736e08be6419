// Checks the URL and the headers of `[Heartbeat]`, so that a transfer cannot fail because of them.

/// Checks an `http` or `https` URL with a host: it may have only the characters that RFC 3986 allows.
///
/// Source: RFC 3986, section 2 (characters) and section 3.2 (authority)
func endpoint(_ text: String) throws(ValueRefusal) -> String {
  // The host is checked first, because its characters need another fix than those of a path.
  if let start = text.firstRange(of: "://")?.upperBound {
    try InternationalHost.check(split(beginning(of: text[start...])).host)
  }
  for scalar in text.unicodeScalars
  where !scalar.isASCII || scalar.value < 0x21 || "\"<>\\^`{|}\u{7F}".contains(Character(scalar)) {
    let encoded = String(scalar).utf8.map { "%\($0 < 16 ? "0" : "")\(String($0, radix: 16, uppercase: true))" }.joined()
    throw ValueRefusal(
      "contains the character U+\(scalar.hexadecimal), which is invalid in a URL. Percent-encode it as \(encoded)")
  }
  guard let separator = text.firstRange(of: "://"),
    ["http", "https"].contains(text[..<separator.lowerBound].lowercased())
  else { throw ValueRefusal("is not an http or https URL. Write for example https://example.org/health") }
  let authority = beginning(of: text[separator.upperBound...])
  if authority.contains("@") {
    throw ValueRefusal("contains a user name or password, which listings would show. Use Header=Authorization: …")
  }
  let (host, port) = split(authority)
  guard isHost(host) else { throw ValueRefusal("has no valid host. Write for example https://example.org/health") }
  if let port, !port.isEmpty, !(port.utf8.allSatisfy(\.isDigit) && (1...65535).contains(Int(port) ?? 0)) {
    throw ValueRefusal(
      "has a port that is not a number from 1 to 65535. Write for example https://example.org:8443/health")
  }
  return text
}

/// The authority: the text between `//` and the path.
private func beginning(of rest: Substring) -> Substring { rest.prefix { !"/?#".contains($0) } }

/// Splits an authority into the host, with the brackets of an IPv6 address, and the text after its colon.
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

/// Checks a request header line, `Name: value`.
///
/// Source: RFC 9110, sections 5.1 (names are tokens) and 5.5 (values)
func header(_ text: String) throws(ValueRefusal) -> String {
  guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else {
    throw ValueRefusal("has no colon. Write Name: value")
  }
  let name = text[..<colon]
  guard !name.isEmpty, name.utf8.allSatisfy({ $0.isLetter || $0.isDigit || "!#$%&'*+-.^_`|~".utf8.contains($0) }) else {
    throw ValueRefusal("has text before its colon that is not the name of a header. Write Name: value")
  }
  let value = Array(text[text.utf8.index(after: colon)...].utf8)[...].trimmed
  guard !value.isEmpty else { throw ValueRefusal("has no value. Write Name: value") }
  if ["content-length", "transfer-encoding"].contains(name.lowercased()) {
    throw ValueRefusal("sets how the request is framed, which the daemon does itself. Remove it")
  }
  return "\(name): \(value.text)"
}
