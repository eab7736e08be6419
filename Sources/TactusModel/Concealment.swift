/// Removes secrets from messages of other software: an engine, systemd or a library may quote values from the
/// definition.
///
/// More people read logs and lists than definitions.
public struct Concealment: Hashable, Sendable {
  /// The texts to replace and their replacements, the longest text first.
  private let replacements: [Replacement]

  private struct Replacement: Hashable, Sendable {
    let text: String
    let shown: String
  }

  /// The length from which a value is also replaced without its name; a shorter one could be part of an ordinary word.
  private static let shortestValue = 8

  /// Conceals the values of variables, and arguments.
  ///
  /// - Parameters:
  ///   - variables: environment variables as `NAME=value`; the name is still shown.
  ///   - arguments: the words of a command line.
  public init(variables: [String] = [], arguments: [String] = []) {
    var replacements: [Replacement] = []
    for variable in variables {
      let parts = variable.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2, !parts[1].isEmpty else { continue }
      replacements.append(Replacement(text: variable, shown: "\(parts[0])=…"))
      if parts[1].utf8.count >= Self.shortestValue { replacements.append(Replacement(text: parts[1], shown: "…")) }
    }
    for argument in arguments where argument.utf8.count >= Self.shortestValue {
      replacements.append(Replacement(text: argument, shown: "…"))
    }
    self.replacements = replacements.sorted { $0.text.utf8.count > $1.text.utf8.count }
  }

  /// Returns the sentence without the values, and with URLs reduced as in ``withoutSecretsOfURLs(_:)``.
  public func applied(to sentence: String) -> String {
    Self.withoutSecretsOfURLs(
      replacements.reduce(sentence) { Self.replace($1.text, in: $0, by: $1.shown) })
  }

  private static func replace(_ text: String, in sentence: String, by shown: String) -> String {
    guard let found = sentence.firstRange(of: text) else { return sentence }
    var (result, rest) = ("", sentence[...])
    var range: Range<String.Index>? = found
    while let next = range {
      result += rest[..<next.lowerBound] + shown
      rest = rest[next.upperBound...]
      range = rest.firstRange(of: text)
    }
    return result + rest
  }

  /// Returns the sentence with user name, password and query of each URL replaced by `…`.
  ///
  /// Source: RFC 3986, section 3.2 (authority) and section 7.5 (sensitive information)
  public static func withoutSecretsOfURLs(_ sentence: String) -> String {
    var (result, rest) = ("", sentence[...])
    while let mark = rest.firstRange(of: "://") {
      result += rest[..<mark.upperBound]
      rest = rest[mark.upperBound...]
      let url = rest.prefix { !$0.isWhitespace && !"\"'`<>".contains($0) }
      rest = rest[url.endIndex...]
      let authority = url.prefix { !"/?#".contains($0) }
      let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
      let path = url[authority.endIndex...].prefix { !"?#".contains($0) }
      result += (host.startIndex == authority.startIndex ? "" : "…@") + host + path
      // A character that follows the query in the sentence, such as a colon, is removed with it: too much is better
      // than too little.
      if path.endIndex < url.endIndex { result += "?…" }
    }
    return result + rest
  }
}
