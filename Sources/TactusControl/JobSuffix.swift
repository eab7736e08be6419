internal import TactusProtocol

/// The end of a job's id, as a client writes it: at least 6 hexadecimal digits, and hyphens anywhere.
///
/// Letters may be of either case. The 32 digits of a whole id, without its hyphens, are also read. The ledger decides
/// how many jobs have this end.
struct JobSuffix: Sendable {
  /// Lower-case, without hyphens; 6 to 32.
  ///
  /// Six digits are the last three bytes of an id, which the ledger has an index for.
  let digits: String

  /// The longest text that is read, in bytes; an id with its hyphens has 36.
  ///
  /// `Jobs.Cancel` refuses longer texts before it cancels a job, because its answer repeats each text.
  static let longestText = 64

  /// Reads a text; nil if it is not the end of an id, or is longer than ``longestText``.
  ///
  /// No job needs to have this end.
  init?(_ text: String) {
    guard text.utf8.count <= Self.longestText else { return nil }
    let digits = text.lowercased().filter { $0 != "-" }
    guard (6...32).contains(digits.utf8.count), digits.utf8.allSatisfy(Self.isDigit) else { return nil }
    self.digits = digits
  }

  /// The refusal of a text that is not an id or its end.
  ///
  /// - Parameter field: the parameter that had the text.
  /// - Returns: `invalid` for that field. It quotes at most 80 bytes of the text.
  static func refusal(of text: String, field: String) -> CallFailure {
    .invalid(field: field, reason: "'\(text.excerpt)' is neither a job id nor the last 6 or more characters of one")
  }

  /// Whether a byte is a hexadecimal digit in lower case.
  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
  }
}
