import TactusMessages
import TactusModel

/// Text in the place of a key or of a section's name, in a form that a message may show.
///
/// The text may be part of a secret, on a line that lost its `=` or after a value that was broken into two lines. It is
/// shown only if it could be a key or a section of a unit file. Otherwise the message names its place.
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
