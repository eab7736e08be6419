internal import CSQLite
internal import TactusModel

/// The current row of a statement; valid only inside the body that receives it.
///
/// A value of another version, or of a damaged disk, throws ``UnreadableRow`` and never traps.
///
/// Columns are numbered from 0, in the order of the statement. There are three families of functions:
///
/// - Plain reads, such as ``integer(_:)`` and ``text(_:)``, never throw. SQLite converts a value of another type, and
///   NULL reads as 0 or as the empty text. For counts, keys and texts that nothing is decided on.
/// - Checked reads, such as ``instant(_:)`` and ``word(_:as:)``, throw if the type, the range or the word is wrong. For
///   decisions.
/// - ``anyWord(_:of:)`` keeps a word of another version as text. For lists.
///
/// The `optional` variant of each returns nil for NULL. Source: https://www.sqlite.org/c3ref/column_blob.html
struct Row: ~Copyable {
  private let pointer: OpaquePointer
  private let asked: [any Bindable]

  /// Wraps the row that the last step of a statement returned.
  ///
  /// - Parameters:
  ///   - pointer: the statement, which keeps the row until its next step.
  ///   - asked: the values bound to the statement. They identify the row in messages if it has no key.
  init(pointer: OpaquePointer, asked: [any Bindable]) { (self.pointer, self.asked) = (pointer, asked) }

  /// The number of columns of the statement; at least 1 while a row exists.
  var columnCount: Int32 { sqlite3_column_count(pointer) }

  /// Whether the value is NULL; asked before a read, because a read as another type may convert the value.
  func isNull(_ column: Int32) -> Bool { sqlite3_column_type(pointer, column) == SQLITE_NULL }

  /// Returns the number without a check; 0 for NULL, and the leading digits of a text.
  func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(pointer, column) }

  /// Returns the number without a check; nil for NULL.
  func optionalInteger(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }

  /// Returns a copy of the text, with U+FFFD for invalid UTF-8.
  ///
  /// NULL reads as the empty text, and a number as its decimal digits.
  func text(_ column: Int32) -> String {
    guard let bytes = sqlite3_column_text(pointer, column) else { return "" }
    let count = Int(sqlite3_column_bytes(pointer, column))
    return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
  }

  /// Returns the text; nil for NULL, and empty for the empty text.
  func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }

  /// Returns a copy of the bytes; empty for NULL and for a BLOB of length zero.
  func bytes(_ column: Int32) -> [UInt8] {
    guard let start = sqlite3_column_blob(pointer, column) else { return [] }
    return Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(pointer, column))))
  }

  // MARK: Values with a range

  /// Returns a number within a range.
  ///
  /// - Parameters:
  ///   - column: from 0.
  ///   - range: the numbers that some version may write here.
  /// - Returns: the stored number.
  /// - Throws: ``UnreadableRow`` with `wrongType` if it is not an INTEGER, NULL included, with `numberOutOfRange` if it
  ///   is outside of the range.
  func number(_ column: Int32, in range: ClosedRange<Int64>) throws(UnreadableRow) -> Int {
    try expect(SQLITE_INTEGER, .number, column)
    let number = integer(column)
    guard range.contains(number) else { throw damage(column, .numberOutOfRange(number)) }
    return Int(number)
  }

  /// Returns a number within a range; nil for NULL, and throws for any other type or number.
  func optionalNumber(_ column: Int32, in range: ClosedRange<Int64>) throws(UnreadableRow) -> Int? {
    isNull(column) ? nil : try number(column, in: range)
  }

  /// Returns a count, which is at least 0; throws for a negative number and for NULL.
  func count(_ column: Int32) throws(UnreadableRow) -> Int { try number(column, in: 0...(.max)) }

  /// Returns a span of at most 10,000 years, so that adding it to any instant does not overflow.
  ///
  /// - Parameters:
  ///   - column: from 0; microseconds.
  ///   - least: the smallest valid span in microseconds, for example 1 for an interval. By default it may be negative.
  /// - Returns: a span from `least` to 10,000 years.
  /// - Throws: ``UnreadableRow`` for another type, for NULL, and for a span that is too short or too long.
  func span(_ column: Int32, from least: Int64 = .min) throws(UnreadableRow) -> Duration {
    .microseconds(try number(column, in: max(least, -Self.longest)...Self.longest))
  }

  /// Returns a span like ``span(_:from:)``; nil for NULL.
  func optionalSpan(_ column: Int32, from least: Int64 = .min) throws(UnreadableRow) -> Duration? {
    isNull(column) ? nil : try span(column, from: least)
  }

  /// Returns an instant with a year of four digits, which clients can read.
  ///
  /// - Parameter column: from 0; microseconds since 1970, negative before.
  /// - Returns: an instant of the years 0000 to 9999.
  /// - Throws: ``UnreadableRow`` with `wrongType`, NULL included, or with `instantOutOfRange`.
  func instant(_ column: Int32) throws(UnreadableRow) -> Instant {
    try expect(SQLITE_INTEGER, .instant, column)
    let instant = Instant(microseconds: integer(column))
    guard Instant.writable.contains(instant) else { throw damage(column, .instantOutOfRange) }
    return instant
  }

  /// Returns an instant like ``instant(_:)``; nil for NULL.
  func optionalInstant(_ column: Int32) throws(UnreadableRow) -> Instant? { isNull(column) ? nil : try instant(column) }

  /// The longest span in microseconds: 10,000 years of 366 days.
  private static let longest: Int64 = 10_000 * 366 * 86_400 * 1_000_000

  // MARK: Names and words

  /// Returns the id of a job from 16 bytes, the most significant byte first.
  ///
  /// The version of the UUID is not checked. Throws ``UnreadableRow`` with `malformedJobID` for another length and for
  /// NULL.
  func jobID(_ column: Int32) throws(UnreadableRow) -> JobID {
    guard let id = sixteenBytes(column) else { throw damage(column, .malformedJobID) }
    return id
  }

  /// Returns an id, or nil.
  ///
  /// It must not throw, because it looks for the key of a row that cannot be read.
  private func sixteenBytes(_ column: Int32) -> JobID? {
    guard let start = sqlite3_column_blob(pointer, column), sqlite3_column_bytes(pointer, column) == 16 else {
      return nil
    }
    let raw = UnsafeRawBufferPointer(start: start, count: 16)
    return JobID(
      high: UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
      low: UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
  }

  /// Returns an id like ``jobID(_:)``; nil for NULL.
  func optionalJobID(_ column: Int32) throws(UnreadableRow) -> JobID? { isNull(column) ? nil : try jobID(column) }

  /// Returns a name that matches the pattern of names; else throws ``UnreadableRow`` with `malformedWorkflowName`.
  func workflowName(_ column: Int32) throws(UnreadableRow) -> WorkflowName {
    guard let name = WorkflowName(text(column)) else { throw damage(column, .malformedWorkflowName) }
    return name
  }

  /// Returns a name that matches the pattern of names; else throws ``UnreadableRow`` with `malformedQueueName`.
  ///
  /// Whether the queue exists is not checked, because queues come from files.
  func queueName(_ column: Int32) throws(UnreadableRow) -> QueueName {
    guard let name = QueueName(text(column)) else { throw damage(column, .malformedQueueName) }
    return name
  }

  /// Returns a word that is only shown, and may be of another version.
  ///
  /// - Parameters:
  ///   - column: from 0; NULL reads as the unknown word of no letters.
  ///   - of: the enumeration of this version.
  /// - Returns: the case of the word if this version knows it, else its text.
  func anyWord<Known>(_ column: Int32, of: Known.Type = Known.self) -> Word<Known> { Word(rawValue: text(column)) }

  /// Returns a word like ``anyWord(_:of:)``; nil for NULL.
  func optionalAnyWord<Known>(_ column: Int32, of: Known.Type = Known.self) -> Word<Known>? {
    isNull(column) ? nil : anyWord(column)
  }

  /// Returns a word that a decision depends on, which must be known to this version.
  ///
  /// A decision on an unknown word would change a row that a newer version understands better. So it is refused
  /// instead.
  ///
  /// - Parameters:
  ///   - column: from 0.
  ///   - as: the enumeration of this version.
  /// - Returns: the case of the word.
  /// - Throws: ``UnreadableRow`` with `foreignWord` for a text that is unknown, with `wrongType` for anything that is
  ///   not a text.
  func word<Known: RawRepresentable>(_ column: Int32, as: Known.Type = Known.self) throws(UnreadableRow) -> Known
  where Known.RawValue == String {
    if let word = Known(rawValue: text(column)) { return word }
    try expect(SQLITE_TEXT, .word, column)
    throw unreadable(column, .foreignWord(Self.shown(text(column))))
  }

  /// Returns a word like ``word(_:as:)``; nil for NULL.
  func optionalWord<Known: RawRepresentable>(
    _ column: Int32, as: Known.Type = Known.self
  ) throws(UnreadableRow) -> Known? where Known.RawValue == String { isNull(column) ? nil : try word(column) }

  // MARK: Faults

  /// Returns the error for a column with a value that no version writes.
  ///
  /// - Parameters:
  ///   - column: from 0; the error names the table and the column behind it.
  ///   - what: the kind of damage.
  /// - Returns: the error, which the caller throws; nothing is reported yet.
  func damage(_ column: Int32, _ what: UnreadableRow.Damage) -> UnreadableRow { unreadable(column, .damaged(what)) }

  /// Throws `wrongType` unless the value has this type of SQLite; read before the value, which a read could convert.
  private func expect(_ type: Int32, _ wanted: UnreadableRow.Value, _ column: Int32) throws(UnreadableRow) {
    let found = sqlite3_column_type(pointer, column)
    guard found != type else { return }
    let values: [Int32: UnreadableRow.Value] = [
      SQLITE_NULL: .null, SQLITE_INTEGER: .number, SQLITE_FLOAT: .fraction, SQLITE_TEXT: .text,
    ]
    throw damage(column, .wrongType(found: values[found] ?? .blob, wanted: wanted))
  }

  /// Returns the error for a column, with the names that SQLite gives.
  ///
  /// The table and the column are those of the schema, also behind an alias. They are empty, or the alias, for an
  /// expression and for a SQLite without column metadata.
  private func unreadable(_ column: Int32, _ problem: UnreadableRow.Problem) -> UnreadableRow {
    let name = tactus_sqlite3_origin(pointer, column) ?? sqlite3_column_name(pointer, column)
    return UnreadableRow(
      table: tactus_sqlite3_table(pointer, column).map { String(cString: $0) } ?? "", row: key,
      column: name.map { String(cString: $0) } ?? "\(column)", problem: problem)
  }

  /// The first key column of the row, else the first value bound to the statement.
  ///
  /// Key columns are recognized by their names: `id`, `seq`, `name`, `sequence`, `job`. Of the bound values, a job, a
  /// workflow and a name identify a row. Empty if nothing does.
  private var key: String {
    for column in 0..<columnCount {
      guard let name = sqlite3_column_name(pointer, column).map({ String(cString: $0) }),
        ["id", "seq", "name", "sequence", "job"].contains(name)
      else { continue }
      // The type is read first, because reading a column as another type converts it.
      switch sqlite3_column_type(pointer, column) {
      case SQLITE_BLOB: if let id = sixteenBytes(column) { return "\(id)" }
      case SQLITE_INTEGER: return "\(integer(column))"
      case SQLITE_TEXT: return Self.shown(text(column))
      default: continue
      }
    }
    for value in asked {
      switch value {
      case let id as JobID: return "\(id)"
      case let id as WorkflowID: return "\(id.number)"
      case let name as WorkflowName: return name.text
      default: continue
      }
    }
    return ""
  }

  /// Makes a stored text fit for a message: at most 40 letters, digits and a few signs.
  ///
  /// Every other character becomes a question mark, so that no stored text can control a terminal or break a line of
  /// the log.
  private static func shown(_ text: String) -> String {
    let plain = text.unicodeScalars.prefix(40).map { scalar in
      scalar.isASCII && scalar.value > 32 && scalar.value < 127 ? Character(scalar) : "?"
    }
    return String(plain) + (text.unicodeScalars.count > 40 ? "…" : "")
  }
}
