/// An invisible character, or one that looks like an ASCII character; editors and web pages insert them.
public struct OddCharacter: Hashable, Sendable {
  /// The character.
  public let scalar: Unicode.Scalar
  /// The position in the text, in characters from 1.
  public let place: Int

  /// Creates an odd character at a position.
  public init(scalar: Unicode.Scalar, place: Int) {
    self.scalar = scalar
    self.place = place
  }

  /// Returns the first odd character of a text; nil if the text has no odd character.
  ///
  /// - Parameter isName: whether the text is an ASCII name, in which letters of other scripts are mistakes.
  public static func first(in text: some StringProtocol, isName: Bool = false) -> OddCharacter? {
    // Most texts are ASCII only, and comparing bytes is fast.
    guard text.utf8.contains(where: { $0 >= 0x80 }) else { return nil }
    for (index, scalar) in text.unicodeScalars.enumerated() where !scalar.isASCII {
      if isInvisible(scalar) || lookAlike(of: scalar) != nil || isName {
        return OddCharacter(scalar: scalar, place: index + 1)
      }
    }
    return nil
  }

  /// Whether a character is invisible, or shows as a space.
  public static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
    guard !scalar.isASCII else { return false }
    switch scalar.properties.generalCategory {
    case .spaceSeparator, .lineSeparator, .paragraphSeparator, .format, .control: return true
    // The braille pattern without dots is drawn as a space.
    default: return scalar.properties.isDefaultIgnorableCodePoint || scalar == "\u{2800}"
    }
  }

  /// Returns the ASCII character that a character looks like; nil if it looks like none.
  public static func lookAlike(of scalar: Unicode.Scalar) -> Unicode.Scalar? {
    // The full-width forms of all printable ASCII characters.
    if (0xFF01...0xFF5E).contains(scalar.value) { return Unicode.Scalar(scalar.value - 0xFEE0) }
    return lookAlikes[scalar]
  }

  private static let lookAlikes: [Unicode.Scalar: Unicode.Scalar] = groups.reduce(into: [:]) { table, group in
    for scalar in group.others.unicodeScalars { table[scalar] = group.ascii }
  }

  private static let groups: [(ascii: Unicode.Scalar, others: String)] = [
    ("-", "\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\u{2212}\u{FE58}\u{FE63}"),
    ("\"", "\u{201C}\u{201D}\u{201E}\u{201F}\u{2033}\u{00AB}\u{00BB}"),
    ("'", "\u{2018}\u{2019}\u{201A}\u{201B}\u{2032}\u{00B4}\u{02B9}\u{02BC}"),
    ("=", "\u{FE66}\u{A78A}\u{30A0}"),
    (":", "\u{2236}\u{A789}\u{FE55}"),
    ("/", "\u{2044}\u{2215}\u{29F8}"),
    ("[", "\u{27E6}\u{3010}\u{301A}"),
    ("]", "\u{27E7}\u{3011}\u{301B}"),
    ("#", "\u{FE5F}"),
    ("$", "\u{FE69}"),
    (".", "\u{2024}"),
    ("*", "\u{2217}\u{FE61}"),
    (";", "\u{037E}\u{FE54}"),
    ("%", "\u{FE6A}"),
    ("\\", "\u{2216}\u{29F5}"),
  ]

  /// The code point and the Unicode name: `U+00A0 NO-BREAK SPACE`.
  public var name: String {
    let digits = String(scalar.value, radix: 16, uppercase: true)
    let code = "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    return [code, scalar.properties.name ?? scalar.properties.nameAlias].compactMap(\.self).joined(separator: " ")
  }
}
