import TactusMessages
public import TactusModel

/// Finds invisible and look-alike characters in valid values, where nobody types them on purpose.
///
/// A no-break space in `Exec=` is part of a word, and a typographic quote does not quote: the job fails, and its
/// message looks right. Text in ASCII quotes is literal, and so is a description.
public enum OddCharacters {
  /// Warns of the first such character of each value in the text of a valid file.
  public static func warnings(in text: [UInt8], file: String) -> [UnitFileProblem] {
    // Parses the text again only if it may hold such a character.
    guard text.contains(where: { $0 >= 0x80 }) else { return [] }
    return UnitFile.read(text, file: file).unit.sections.flatMap(\.assignments).compactMap { assignment in
      guard assignment.key != "Description", let found = sentence(of: assignment) else { return nil }
      return UnitFileProblem(file: file, line: assignment.line, message: "\(assignment.key)= has \(found)")
    }
  }

  /// The keys whose values are split into words, with quotes and options.
  private static let keysOfWords: Set = [
    "Exec", "Entrypoint", "Environment", "ReadOnlyPaths", "ReadWritePaths", "InaccessiblePaths",
  ]

  private static func sentence(of assignment: UnitFile.Assignment) -> String? {
    guard keysOfWords.contains(assignment.key) else {
      return first(in: assignment.value, OddCharacter.isInvisible)?.sentence
    }
    for (index, word) in RawWord.split(assignment.value).enumerated() where !word.isQuoted {
      let found =
        first(in: word.text, OddCharacter.isInvisible) ?? first(in: String(word.text.prefix(1)), isQuoteOrDash)
      if let found { return "in word \(index + 1) \(found.sentence)" }
    }
    return nil
  }

  private static func isQuoteOrDash(_ scalar: Unicode.Scalar) -> Bool {
    OddCharacter.lookAlike(of: scalar).map { "\"'-".unicodeScalars.contains($0) } ?? false
  }

  private static func first(in text: String, _ isOdd: (Unicode.Scalar) -> Bool) -> OddCharacter? {
    text.unicodeScalars.enumerated().first { isOdd($0.element) }
      .map { OddCharacter(scalar: $0.element, place: $0.offset + 1) }
  }
}
