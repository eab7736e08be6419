/// Takes what may be secret out of the sentences of others: an engine, systemd or a library may repeat what it was given.
///
/// Messages go to the log and to lists, which more people read than definitions.
public struct Concealment: Hashable, Sendable {
  /// Texts that are replaced, the longest first, each with what takes its place.
  private let replacements: [Replacement]

  private struct Replacement: Hashable, Sendable {
    let text: String
    let shown: String
  }

  /// A value alone is looked for only if it is as long as this: a shorter one is part of ordinary words.
  private static let shortestValue = 8

  /// Conceals the values of variables and arguments.
  ///
  /// - Parameters:
  ///   - variables: `NAME=value`; the name is still shown.
  ///   - arguments: words of a command line.
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

  /// The sentence without the values, and without what URLs in it hold besides their host.
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

  /// A sentence whose URLs are shown without user name, password and query.
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
      // What follows a query in the sentence, such as a full stop or a colon, goes with it: better too much than too little.
      if path.endIndex < url.endIndex { result += "?…" }
    }
    return result + rest
  }
}
