internal import CSQLite
internal import TactusModel

/// A failure of SQLite or of its files; it names the operation, never the values.
///
/// So it may be logged and shown to an operator. The refusal of a write has the message and the code, without the
/// statement.
public struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
  /// SQLite's extended result code: its lowest eight bits are the class. Source: https://www.sqlite.org/rescode.html
  ///
  /// A contradiction of a constraint has the class only. Errors of this program have the code that SQLite would use: SQLITE_CANTOPEN, SQLITE_CORRUPT, SQLITE_NOTADB,
  /// SQLITE_SCHEMA.
  public var code: Int32
  /// The SQL text, or the operation on a file: `open /var/lib/tactus/tactus.db`.
  public var operation: String
  /// SQLite's message, or a sentence about the file.
  public var message: String

  /// Creates an error.
  public init(code: Int32, operation: String, message: String) {
    self.code = code
    self.operation = operation
    self.message = message
  }

  /// Returns a ``StoreError`` as it is, and any other error with a code of SQLite.
  ///
  /// A contradiction has SQLITE_CONSTRAINT and SQLite's message, for example of a commit. Other errors have SQLITE_ERROR.
  init(_ error: any Error, in operation: String) {
    switch (error, (error as? UnreadableRow)?.problem) {
    case (let error as StoreError, _): self = error
    case (_, .contradiction(let message)):
      self.init(code: SQLITE_CONSTRAINT, operation: operation, message: message)
    default: self.init(code: SQLITE_ERROR, operation: operation, message: "\(error)")
    }
  }

  /// The error on one line: `message (SQLite code) while: operation`.
  public var description: String { "\(reason) while: \(operation)" }

  /// The message with its code, without the statement: `database is locked (SQLite 5)`.
  ///
  /// The form for status, journal and clients, who cannot use the text of a statement.
  public var reason: String { "\(message) (SQLite \(code))" }

  /// Returns the ``reason`` of any error: of others, their text.
  static func reason(of error: any Error) -> String { (error as? StoreError)?.reason ?? "\(error)" }

  /// Whether the disk is full: then free space helps, and the report to the operator says so.
  public var isDiskFull: Bool { code & 0xFF == SQLITE_FULL }

  /// Whether the medium failed and may recover: full disk, I/O error, read-only, locked.
  ///
  /// Output is held after such an error and lost after any other. A file that was moved away counts as read-only.
  public var isUnavailability: Bool {
    switch code & 0xFF {
    case SQLITE_FULL, SQLITE_IOERR, SQLITE_READONLY, SQLITE_BUSY, SQLITE_CANTOPEN, SQLITE_NOMEM: true
    default: false
    }
  }
}
