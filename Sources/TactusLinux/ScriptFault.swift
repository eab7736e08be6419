import Glibc
public import TactusModel

/// What is wrong with the first line of a script that the kernel does not execute.
///
/// Source: execve(2), "Interpreter scripts"
public enum ScriptFault: Hashable, Sendable {
  /// The first line ends with a carriage return, which is part of the interpreter's name then.
  case carriageReturn(interpreter: String)
  /// No such interpreter exists.
  case missing(interpreter: String)
  /// Something that cannot be seen stands before `#!`.
  case hidden(OddCharacter)
  /// A program whose loader is missing: it is for another machine, or another C library.
  case loader

  /// As much as the kernel reads of a first line. Source: execve(2)
  private static let lineLimit = 256

  /// Looks at a file that could not be executed although it exists; nil if its beginning says nothing.
  public static func of(_ path: String) -> ScriptFault? {
    // A file that cannot be read has had its own error.
    guard let bytes = try? RegularFile.beginning(of: path, limit: lineLimit) else { return nil }
    return of(bytes) { access($0, F_OK) == 0 }
  }

  /// The same for the beginning of a file.
  /// - Parameter isThere: whether a path names anything.
  public static func of(_ bytes: [UInt8], isThere: (String) -> Bool) -> ScriptFault? {
    if bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46]) { return .loader }
    let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
    let text = String(decoding: line, as: UTF8.self)
    guard line.starts(with: "#!".utf8) else {
      guard let odd = OddCharacter.first(in: text), odd.place == 1, text.contains("#!") else { return nil }
      return .hidden(odd)
    }
    let words = text.dropFirst(2).split { $0 == " " || $0 == "\t" }
    guard let interpreter = words.first.map(String.init) else { return nil }
    // Swift takes a carriage return and a newline for one character, and there is no newline left.
    if interpreter.utf8.last == UInt8(ascii: "\r") {
      return .carriageReturn(interpreter: String(interpreter.unicodeScalars.dropLast()))
    }
    return isThere(interpreter) ? nil : .missing(interpreter: interpreter)
  }

  /// A sentence without a full stop that goes on behind the error.
  public var sentence: String {
    switch self {
    case .carriageReturn(let interpreter):
      "the script's first line ends with a carriage return (\\r), so it asks for \(Self.shown(interpreter))^M. Convert the "
        + "script with dos2unix, or save it with Unix line ends"
    case .missing(let interpreter):
      "the script's first line asks for \(Self.shown(interpreter)), which does not exist. Install it, or correct the line"
    case .hidden(let character): "the file has \(character.sentence) (before #!)"
    case .loader:
      "it is a program whose loader is missing, for another machine or C library. Install a build for this machine"
    }
  }

  private static func shown(_ interpreter: String) -> String {
    let odd = OddCharacter.first(in: interpreter).map { " (with \($0.name))" } ?? ""
    let controls = interpreter.unicodeScalars.reduce(into: "") { text, scalar in
      text += scalar.value < 0x20 || scalar.value == 0x7F ? "?" : String(scalar)
    }
    return controls + odd
  }
}
