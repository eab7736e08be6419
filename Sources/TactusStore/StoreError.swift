internal import CSQLite

/// A failure of SQLite or of the files under it; says what was being done, never with which values.
public struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The extended result code. Source: https://www.sqlite.org/rescode.html
  public var code: Int32
  /// The SQL text, or what was being done to a file.
  public var operation: String
  /// SQLite's own sentence.
  public var message: String

  /// Puts an error together.
  public init(code: Int32, operation: String, message: String) {
    self.code = code
    self.operation = operation
    self.message = message
  }

  /// `message (code) while: operation`.
  public var description: String { "\(message) (SQLite \(code)) while: \(operation)" }

  /// Whether room on the disk would help.
  public var isDiskFull: Bool { code & 0xFF == SQLITE_FULL }

  /// Whether the medium is at fault and may recover: full disk, I/O error, read-only, locked.
  public var isUnavailability: Bool {
    switch code & 0xFF {
    case SQLITE_FULL, SQLITE_IOERR, SQLITE_READONLY, SQLITE_BUSY, SQLITE_CANTOPEN, SQLITE_NOMEM: true
    default: false
    }
  }
}
