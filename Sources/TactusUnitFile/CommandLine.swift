import TactusModel

/// Reads the words of `Exec=`: the absolute path of a program, and its arguments.
///
/// The program need not exist: it may be installed later, and this target reads no other files.
func commandLine(_ text: String) throws(ValueRefusal) -> [String] {
  let words = try words(text)
  guard let program = words.first, program.utf8.first == UInt8(ascii: "/") else {
    if let program = words.first, let hint = ForeignLines.hint(ofProgram: program) {
      throw ValueRefusal(hint)
    }
    throw ValueRefusal("does not begin with the absolute path of a program. Write for example /usr/bin/env NAME")
  }
  if program.hasSuffix("/") { throw ValueRefusal("names a directory. Write the path of a program") }
  if words.contains(where: { $0.utf8.count > Limits.argumentBytes }) {
    throw ValueRefusal("has an argument of more than \(Limits.argumentBytes) bytes, which is the limit of Linux")
  }
  return words
}

/// Reads the words of `Environment=`, each `NAME=value`.
func environment(_ text: String) throws(ValueRefusal) -> [String] {
  let words = try words(text)
  // A message names the place of a word, never the word: any part of it may be a secret.
  for (index, word) in words.enumerated() {
    let place = "word \(index + 1)"
    guard let equals = word.utf8.firstIndex(of: UInt8(ascii: "=")) else {
      throw ValueRefusal("has no \"=\" in \(place). Write NAME=value, in quotes if it contains spaces")
    }
    let name = word[..<equals]
    guard isVariableName(name) else {
      throw ValueRefusal("has an invalid variable name in \(place). Use letters, digits and _, and no digit first")
    }
    if name.hasPrefix("TACTUS_") {
      throw ValueRefusal("has a reserved name in \(place): only the daemon sets names that begin with TACTUS_")
    }
    if word.utf8.count > Limits.argumentBytes {
      throw ValueRefusal("has a value of more than \(Limits.argumentBytes) bytes, which is the limit of Linux")
    }
  }
  return words
}

/// Whether a shell accepts the name of a variable.
///
/// Source: POSIX.1-2017, Base Definitions, 3.235 "Name"
func isVariableName(_ name: Substring) -> Bool {
  guard let first = name.utf8.first, !first.isDigit else { return false }
  return name.utf8.allSatisfy { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") }
}
