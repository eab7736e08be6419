internal import TactusProtocol

/// The end of a job's id, as a client writes it: at least 6 hexadecimal digits, and hyphens anywhere.
struct JobSuffix: Sendable {
  /// Lower-case, without hyphens; 6 to 32.
  let digits: String

  /// More than any way to write an id needs, in bytes.
  static let longestText = 64

  /// Reads a text; nil if it is no end of an id.
  ///
  /// A text that is longer than ``longestText`` is not looked at.
  init?(_ text: String) {
    guard text.utf8.count <= Self.longestText else { return nil }
    let digits = text.lowercased().filter { $0 != "-" }
    guard (6...32).contains(digits.utf8.count), digits.utf8.allSatisfy(Self.isDigit) else { return nil }
    self.digits = digits
  }

  /// What is said of a text that names no job.
  static func refusal(of text: String) -> CallFailure {
    .invalid(field: "id", reason: "'\(text.excerpt)' is neither a job id nor the last 6 or more characters of one")
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
  }
}
