import Glibc
import TactusLinux

/// A file of `NAME=value` lines; `#` and `;` begin comments, one pair of quotes around a value is taken off.
///
/// Source: systemd.exec(5), `EnvironmentFile=`, without its continuation lines and escapes
enum EnvironmentLines {
  /// What is wrong with a line; never the line itself, which may hold a secret.
  struct Malformed: Error, CustomStringConvertible {
    let line: Int
    var description: String { "line \(line) is not NAME=value" }
  }

  private static let limit = 256 << 10

  /// Reads a file.
  /// - Throws: ``SystemError``, ``Malformed``.
  static func read(_ path: String) throws -> [String] {
    let descriptor = try Descriptor.open(path, O_RDONLY)
    defer { Descriptor.close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: limit)
    var count = 0
    while count < limit,
      case .bytes(let size) = bytes[count...].withUnsafeMutableBytes({ Descriptor.read(descriptor, into: $0) })
    { count += size }
    return try parse(String(decoding: bytes[..<count], as: UTF8.self))
  }

  static func parse(_ text: String) throws(Malformed) -> [String] {
    var variables: [String] = []
    for (index, raw) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let line = raw.drop { $0 == " " || $0 == "\t" }
      guard let first = line.first, first != "#", first != ";" else { continue }
      guard let equals = line.firstIndex(of: "="), isName(line[..<equals]) else { throw Malformed(line: index + 1) }
      var value = line[line.index(after: equals)...]
      while let last = value.last, last.isWhitespace { value = value.dropLast() }
      if value.count >= 2, let quote = value.first, quote == "\"" || quote == "'", value.last == quote {
        value = value.dropFirst().dropLast()
      }
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
