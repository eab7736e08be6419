public import TactusModel

/// The words for a character that an editor or a web page inserted.
extension OddCharacter {
  /// The character, its position, and the correction, as the object of a sentence.
  ///
  /// `U+00A0 NO-BREAK SPACE at character 5, which is invisible: delete it`. The caller writes the verb before it, such
  /// as `has`. The position counts code points from 1. The character itself is not shown, because it is invisible or
  /// looks like another one.
  public var sentence: String {
    "\(name) at character \(place), \(correction)"
  }

  /// What to do: delete an invisible character, type the ASCII character that it looks like, or type the name again.
  ///
  /// Only a name gets the third text. In other texts, letters of all scripts are valid.
  private var correction: String {
    if Self.isInvisible(scalar) { return "which is invisible: delete it" }
    if let other = Self.lookAlike(of: scalar) { return "which only looks like \(other): type that" }
    return "which is not allowed in a name: type the name again"
  }
}
