import TactusModel

/// The text where a key or the name of a section belongs, as a message may show it.
///
/// A line that lost its `=`, or the rest of a value that was broken into two lines, has part of a secret there. Only a text that
/// could be a word of some unit file is shown; of any other the message says where it stands.
struct ShownName {
  private let text: String

  init(_ text: String) { self.text = text }

  /// The longest key of systemd has 37 letters. Source: systemd.directives(7)
  private static let longest = 40

  private var isPlausible: Bool {
    text.utf8.count <= Self.longest && text.utf8.allSatisfy { $0.isLetter || $0 == UInt8(ascii: "_") }
  }

  /// `Key=`.
  var asKey: String { isPlausible ? "\(text)=" : "the text before \"=\"\(odd)" }

  /// `[Name]`.
  var inBrackets: String { isPlausible ? "[\(text)]" : "the text in brackets\(odd)" }

  private var odd: String { OddCharacter.first(in: text, isName: true).map { " (it has \($0.sentence))" } ?? "" }
}
