/// Layout of text for a terminal.
extension String {
  /// Pads to at least a number of characters, with blanks after or before the text.
  func padded(to width: Int, isRight: Bool = false) -> String {
    let blanks = String(repeating: " ", count: max(0, width - count))
    return isRight ? blanks + self : self + blanks
  }

  /// The text without the blanks at its end.
  var trimmedAtEnd: String {
    var text = self[...]
    while text.last == " " { text = text.dropLast() }
    return String(text)
  }

  /// The sentence with a full stop, so that another one can follow.
  var closed: String { last.map { ".?!".contains($0) } ?? true ? self : "\(self)." }
}
