import Glibc
import TactusLinux
import TactusMessages
import TactusModel

/// Reads a file of `NAME=value` lines.
///
/// `#` and `;` begin comments. One pair of quotes around a value is removed.
///
/// Source: systemd.exec(5), `EnvironmentFile=`, without its continuation lines and escapes
enum EnvironmentLines {
  /// The error in a line.
  ///
  /// It never contains the line itself, which may hold a secret.
  struct Malformed: Error, CustomStringConvertible {
    let line: Int
    var form = "NAME=value"
    /// A character in the line that is invisible or looks like another.
    var odd: OddCharacter?
    var description: String { "line \(line) is not \(form)\(odd.map { ": it has \($0.sentence)" } ?? "")" }
  }

  /// The largest file, in bytes.
  static let limit = 256 << 10

  /// The variables of a definition's files, in order.
  ///
  /// An optional file that is missing adds none.
  static func read(_ files: [EnvironmentFile], from inputs: JobInputs) throws(DefinitionFault) -> [String] {
    var variables: [String] = []
    for file in files {
      do {
        variables += try parse(inputs.bytes(file.path, limit: limit))
      } catch let error as SystemError {
        if file.isOptional, error.code == ENOENT || error.code == ENOTDIR { continue }
        throw DefinitionFault("EnvironmentFile=\(file.path): \(error)\(inputs.sentence(for: error))")
      } catch {
        throw DefinitionFault("EnvironmentFile=\(file.path): \(error)")
      }
    }
    return variables
  }

  /// Parses the bytes of a file.
  ///
  /// They must be UTF-8, because other bytes would reach the program changed.
  static func parse(_ bytes: [UInt8]) throws(Malformed) -> [String] {
    // As in unit files, a byte order mark at the beginning is not part of the text.
    let bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
    if let text = String(validating: bytes, as: UTF8.self) { return try parse(text) }
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let bad = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil }
    throw Malformed(line: (bad ?? 0) + 1, form: "UTF-8")
  }

  static func parse(_ text: String) throws(Malformed) -> [String] {
    var variables: [String] = []
    for (index, raw) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let line = raw.drop { $0 == " " || $0 == "\t" }
      guard let first = line.first, first != "#", first != ";" else { continue }
      let equals = line.firstIndex(of: "=") ?? line.endIndex
      guard equals < line.endIndex, isName(line[..<equals]) else {
        // Only the name is searched: the value may be a secret, and any of its characters may be part of it.
        throw Malformed(line: index + 1, odd: OddCharacter.first(in: raw[..<equals], isName: equals < line.endIndex))
      }
      var value = line[line.index(after: equals)...]
      while let last = value.last, last.isWhitespace { value = value.dropLast() }
      if value.count >= 2, let quote = value.first, quote == "\"" || quote == "'", value.last == quote {
        value = value.dropFirst().dropLast()
      }
      // A zero byte would cut the value short for the program. A caller that passes it on would report the whole value.
      guard !value.utf8.contains(0) else { throw Malformed(line: index + 1) }
      variables.append("\(line[..<equals])=\(value)")
    }
    return variables
  }

  private static func isName(_ text: Substring) -> Bool {
    guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return false }
    return text.utf8.allSatisfy {
      $0 == UInt8(ascii: "_") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
    }
  }
}
