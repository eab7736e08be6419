/// How text is laid out for a terminal.
extension String {
  /// At least a number of characters, with blanks behind or in front.
  func padded(to width: Int, isRight: Bool = false) -> String {
    let blanks = String(repeating: " ", count: max(0, width - count))
    return isRight ? blanks + self : self + blanks
  }

  /// Without the blanks at its end.
  var trimmedAtEnd: String {
    var text = self[...]
    while text.last == " " { text = text.dropLast() }
    return String(text)
  }
}
