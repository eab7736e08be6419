import TactusModel

/// The words of `Exec=`: the absolute path of a program, and its arguments.
///
/// Whether the program is there is not looked at: it may come later, and this target reads no other files.
func commandLine(_ text: String) throws(Refusal) -> [String] {
  let words = try words(text)
  guard let program = words.first, program.utf8.first == UInt8(ascii: "/") else {
    if let program = words.first, let hint = ForeignLines.hint(ofProgram: program) {
      throw Refusal(hint)
    }
    throw Refusal("does not begin with the absolute path of a program: write for example /usr/bin/env NAME")
  }
  if program.hasSuffix("/") { throw Refusal("names a directory: write the path of a program") }
  if words.contains(where: { $0.utf8.count > Limits.argumentBytes }) {
    throw Refusal("has an argument of more than \(Limits.argumentBytes) bytes, which Linux does not pass on")
  }
  return words
}

/// The words of `Environment=`, each `NAME=value`.
func environment(_ text: String) throws(Refusal) -> [String] {
  let words = try words(text)
  // The place of a word is named, and never the word: any of it may be a secret.
  for (index, word) in words.enumerated() {
    let place = "word \(index + 1)"
    guard let equals = word.utf8.firstIndex(of: UInt8(ascii: "=")) else {
      throw Refusal("has no \"=\" in \(place): write NAME=value, in quotes if it contains spaces")
    }
    let name = word[..<equals]
    guard isVariableName(name) else {
      throw Refusal("has a bad name of a variable in \(place): use letters, digits and _, and no digit first")
    }
    if name.hasPrefix("TACTUS_") {
      throw Refusal("has a reserved name in \(place): names that begin with TACTUS_ are set by the daemon alone")
    }
    if word.utf8.count > Limits.argumentBytes {
      throw Refusal("has a value of more than \(Limits.argumentBytes) bytes, which Linux does not pass on")
    }
  }
  return words
}

/// Whether a shell could refer to a variable by the name.
///
/// Source: POSIX.1-2017, Base Definitions, 3.235 "Name"
func isVariableName(_ name: Substring) -> Bool {
  guard let first = name.utf8.first, !first.isDigit else { return false }
  return name.utf8.allSatisfy { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") }
}
