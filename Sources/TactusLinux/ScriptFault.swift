import Glibc
import TactusMessages
public import TactusModel

/// The fault in the first line of a script that the kernel does not execute.
///
/// Source: execve(2), "Interpreter scripts"
public enum ScriptFault: Hashable, Sendable {
  /// The first line ends with a carriage return, which the kernel takes as part of the interpreter's name.
  case carriageReturn(interpreter: String)
  /// The interpreter does not exist.
  case missing(interpreter: String)
  /// An invisible character precedes `#!`.
  case hidden(OddCharacter)
  /// A program whose loader is missing.
  ///
  /// It is for another machine or another C library.
  case loader

  /// How much of a first line the kernel reads, in bytes. Source: execve(2)
  private static let lineLimit = 256

  /// Inspects a file that exists but could not be executed; nil if its beginning explains nothing.
  public static func of(_ path: String) -> ScriptFault? {
    // An unreadable file has caused its own error.
    guard let bytes = try? RegularFile.beginning(of: path, limit: lineLimit) else { return nil }
    return of(bytes) { access($0, F_OK) == 0 }
  }

  /// The same for the beginning of a file.
  ///
  /// - Parameter isThere: whether a path exists.
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
    // Swift treats a carriage return and a newline as one character, but no newline is left here.
    if interpreter.utf8.last == UInt8(ascii: "\r") {
      return .carriageReturn(interpreter: String(interpreter.unicodeScalars.dropLast()))
    }
    return isThere(interpreter) ? nil : .missing(interpreter: interpreter)
  }

  /// The text to append to the error, without a final full stop.
  public var sentence: String {
    switch self {
    case .carriageReturn(let interpreter):
      "the script's first line ends with a carriage return (\\r), so it asks for \(Self.shown(interpreter))^M. "
        + "Convert the script with dos2unix, or save it with Unix line ends"
    case .missing(let interpreter):
      "the script's first line asks for \(Self.shown(interpreter)), which does not exist. "
        + "Install it, or correct the line"
    case .hidden(let character): "before #! the file has \(character.sentence)"
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
