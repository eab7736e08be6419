/// A word of a command line, and the first shell syntax in it.
struct RawWord {
  /// Without its quotes, with its escapes.
  private(set) var text = ""
  /// The first operator, variable or home directory outside of quotes that protect it; nil without one.
  private(set) var mark: String?
  /// `*`, `?` or `[…]`, if a shell would search for files by the word; nil for any other word.
  private(set) var pattern: String?
  /// Whether any of it was in quotes.
  private(set) var isQuoted = false

  /// The last part of a path.
  var name: String { text.split(separator: "/").last.map(String.init) ?? "" }

  /// Splits as `words` does, and records the quotes.
  static func split(_ line: String) -> [RawWord] {
    var words: [RawWord] = []
    var word: RawWord?
    var quote: UInt8?
    var rest = Array(line.utf8)[...]
    var bytes: [UInt8] = []
    // The same bytes, with spaces in the place of quoted and escaped text.
    var bare: [UInt8] = []
    func end() {
      guard var ended = word else { return }
      ended.text = String(decoding: bytes, as: UTF8.self)
      // A lone & starts a background job. Within a word it is part of many URLs.
      if ended.mark == nil && ended.text == "&" && !ended.isQuoted { ended.mark = "&" }
      if ended.mark == nil && ended.text.hasPrefix("#") && !ended.isQuoted { ended.mark = "#" }
      let unquoted = String(decoding: bare, as: UTF8.self)
      if isPattern(unquoted) {
        ended.pattern = unquoted.contains("*") ? "*" : unquoted.contains("?") ? "?" : "[…]"
      }
      words.append(ended)
      (word, bytes, bare) = (nil, [], [])
    }
    while let byte = rest.popFirst() {
      if quote == nil && byte.isWhiteSpace {
        end()
        continue
      }
      if word == nil { word = RawWord() }
      switch byte {
      case .backslash:
        bytes.append(byte)
        if let next = rest.popFirst() { bytes.append(next) }
        bare += [.space, .space]
      case _ where byte == quote: quote = nil
      case UInt8(ascii: "\""), UInt8(ascii: "'"):
        if quote == nil {
          quote = byte
          word?.isQuoted = true
        } else {
          bytes.append(byte)
          bare.append(.space)
        }
      default:
        if word?.mark == nil {
          word?.mark = mark(byte, rest, quote)
          if byte == UInt8(ascii: "~"), bytes.isEmpty, word?.isQuoted == false { word?.mark = home(rest) }
        }
        bytes.append(byte)
        bare.append(quote == nil ? byte : .space)
      }
    }
    end()
    return words
  }

  private static func mark(_ byte: UInt8, _ rest: ArraySlice<UInt8>, _ quote: UInt8?) -> String? {
    switch byte {
    case UInt8(ascii: "$") where quote != UInt8(ascii: "'"): variable(rest)
    case UInt8(ascii: "`") where quote != UInt8(ascii: "'"): "`…`"
    case _ where quote != nil: nil
    case UInt8(ascii: "|"): rest.first == byte ? "||" : "|"
    case UInt8(ascii: "&"): rest.first == byte ? "&&" : nil
    case UInt8(ascii: ";"), UInt8(ascii: "<"), UInt8(ascii: ">"): String(Unicode.Scalar(byte))
    default: nil
    }
  }

  private static func isOfName(_ byte: UInt8) -> Bool { byte.isLetter || byte.isDigit || byte == UInt8(ascii: "_") }

  /// Returns `$NAME`, `${NAME}` or `$(…)` for the text after a dollar sign; nil for any other text.
  ///
  /// A name that is not usual for a variable may be part of a password, and is shown as `…`.
  private static func variable(_ rest: ArraySlice<UInt8>) -> String? {
    switch rest.first {
    case UInt8(ascii: "("): return "$(…)"
    case UInt8(ascii: "{"):
      let name = rest.dropFirst().prefix(while: isOfName)
      return name.isEmpty ? nil : "${\(shown(name))}"
    case let first? where isOfName(first) && !first.isDigit: return "$\(shown(rest.prefix(while: isOfName)))"
    default: return nil
    }
  }

  /// Returns a name without small letters, as environment variables have it; `…` for any other name.
  private static func shown(_ name: ArraySlice<UInt8>) -> String {
    name.contains { $0 >= UInt8(ascii: "a") } ? "…" : name.text
  }

  /// Returns `~/`, or `~…` for a user's home, for the text after a leading tilde; nil for any other text.
  private static func home(_ rest: ArraySlice<UInt8>) -> String? {
    let name = rest.prefix { isOfName($0) || $0 == UInt8(ascii: "-") }
    let next = rest.dropFirst(name.count).first
    if name.isEmpty { return next == UInt8(ascii: "/") ? "~/" : nil }
    let isUser = name.first.map { !$0.isDigit && $0 != UInt8(ascii: "-") } ?? false
    return isUser && (next == nil || next == UInt8(ascii: "/") || next?.isWhiteSpace == true) ? "~…" : nil
  }

  /// Whether a shell would search for files by a word, and the author may have meant that.
  ///
  /// Options, URLs, paths on other machines and regular expressions do not count.
  private static func isPattern(_ word: String) -> Bool {
    guard word.contains(where: { "*?[".contains($0) }), !word.hasPrefix("-"), !word.contains("://") else {
      return false
    }
    let isPath = word.contains("/")
    if let colon = word.firstIndex(of: ":"), word[..<colon].allSatisfy({ $0 != "/" && $0 != "*" }) { return false }
    if word == "*/*" || (!isPath && word.contains(where: { "^$()+{}\\".contains($0) })) { return false }
    if let star = word.firstIndex(of: "*") { return !word[..<star].contains("=") }
    guard isPath else { return false }
    if let mark = word.firstIndex(of: "?") { return !isQuery(word[word.index(after: mark)...]) }
    guard let open = word.firstIndex(of: "["), let close = word[open...].firstIndex(of: "]") else { return false }
    let set = word[word.index(after: open)..<close]
    return !set.isEmpty && !set.contains(":") && !set.contains(",")
  }

  /// Whether the text begins with `name=`, as the query of a URL without its scheme does.
  private static func isQuery(_ rest: Substring) -> Bool {
    guard let equals = rest.firstIndex(of: "=") else { return false }
    return rest[..<equals].utf8.allSatisfy { isOfName($0) || "-.[]%".utf8.contains($0) } && !rest[..<equals].isEmpty
  }
}
