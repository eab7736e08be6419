/// The name of an image: `[host[:port]/]path[:tag][@digest]`.
///
/// Source: github.com/distribution/reference, `regexp.go`
public struct ImageName: Hashable, Sendable, CustomStringConvertible {
  /// The name as written.
  public let text: String
  /// The name without tag and digest: `docker.io/library/alpine`.
  public let repository: String
  /// The tag; nil if not given.
  public let tag: String?
  /// The digest, `sha256:…`; nil if not given.
  public let digest: String?

  /// Parses a name; nil if the text does not follow the grammar, or is longer than 512 bytes.
  public init?(_ text: String) {
    guard text.utf8.count <= 512 else { return nil }
    var rest = text[...]
    var (tag, digest): (Substring?, Substring?)
    if let at = rest.firstIndex(of: "@") {
      digest = rest[rest.index(after: at)...]
      rest = rest[..<at]
    }
    // A colon before the last slash belongs to the port.
    let lastPart = rest.lastIndex(of: "/").map { rest.index(after: $0) } ?? rest.startIndex
    if let colon = rest[lastPart...].firstIndex(of: ":") {
      tag = rest[rest.index(after: colon)...]
      rest = rest[..<colon]
    }
    guard Self.isRepository(rest), tag.map(Self.isTag) ?? true, digest.map(Self.isDigest) ?? true else { return nil }
    self.text = text
    repository = String(rest)
    self.tag = tag.map(String.init)
    self.digest = digest.map(String.init)
  }

  /// The digest, else the tag, else `latest`: the reference that an engine is asked for.
  public var reference: String { digest ?? tag ?? "latest" }

  /// The name as written.
  public var description: String { text }

  private static func isRepository(_ text: Substring) -> Bool {
    var parts = text.split(separator: "/", omittingEmptySubsequences: false)
    // The first part is a host if it has the form of one.
    if parts.count > 1, let first = parts.first, first.contains(".") || first.contains(":") || first == "localhost" {
      guard isHost(first) else { return false }
      parts.removeFirst()
    }
    return !text.isEmpty && text.utf8.count <= 255 && parts.allSatisfy(isPathPart)
  }

  private static func isHost(_ text: Substring) -> Bool {
    let halves = text.split(separator: ":", omittingEmptySubsequences: false)
    guard halves.count <= 2, let host = halves.first, !host.isEmpty else { return false }
    if halves.count == 2, !(1...65535).contains(Int(halves[1]) ?? 0) || !halves[1].utf8.allSatisfy(isDigit) {
      return false
    }
    return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
      !label.isEmpty && label.first != "-" && label.last != "-"
        && label.utf8.allSatisfy { isDigit($0) || isLower($0) || isUpper($0) || $0 == UInt8(ascii: "-") }
    }
  }

  /// Whether a text has only letters and digits, separated by `.`, `_`, `__` or any number of `-`.
  private static func isPathPart(_ text: Substring) -> Bool {
    guard let first = text.utf8.first, let last = text.utf8.last, isDigit(first) || isLower(first),
      isDigit(last) || isLower(last), text.utf8.allSatisfy({ isDigit($0) || isLower($0) || "._-".utf8.contains($0) })
    else { return false }
    let separators = text.utf8.split(whereSeparator: { isDigit($0) || isLower($0) }).map {
      String(decoding: $0, as: UTF8.self)
    }
    return separators.allSatisfy { $0 == "." || $0 == "_" || $0 == "__" || $0.allSatisfy { $0 == "-" } }
  }

  private static func isTag(_ text: Substring) -> Bool {
    guard (1...128).contains(text.utf8.count), let first = text.utf8.first, !"-.".utf8.contains(first) else {
      return false
    }
    return text.utf8.allSatisfy { isDigit($0) || isLower($0) || isUpper($0) || "._-".utf8.contains($0) }
  }

  private static func isDigest(_ text: Substring) -> Bool {
    let halves = text.split(separator: ":", omittingEmptySubsequences: false)
    return halves.count == 2 && !halves[0].isEmpty && halves[1].utf8.count >= 32
      && halves[0].utf8.allSatisfy { isDigit($0) || isLower($0) || "+._-".utf8.contains($0) }
      && halves[1].utf8.allSatisfy { isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0) }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
  private static func isLower(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
  private static func isUpper(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }
}
