internal import CSQLite
internal import TactusModel

/// The current row of a statement; valid only inside the body that it is given to.
///
/// What another version wrote, or a disk has damaged, is an ``UnreadableRow``, never a trap.
struct Row: ~Copyable {
  private let pointer: OpaquePointer
  private let asked: [any Bindable]

  /// - Parameter asked: the values that the statement was run with: they name the row where it has no key.
  init(pointer: OpaquePointer, asked: [any Bindable]) { (self.pointer, self.asked) = (pointer, asked) }

  var columnCount: Int32 { sqlite3_column_count(pointer) }

  func isNull(_ column: Int32) -> Bool { sqlite3_column_type(pointer, column) == SQLITE_NULL }

  func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(pointer, column) }

  func optionalInteger(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }

  func text(_ column: Int32) -> String {
    guard let bytes = sqlite3_column_text(pointer, column) else { return "" }
    let count = Int(sqlite3_column_bytes(pointer, column))
    return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
  }

  func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }

  func bytes(_ column: Int32) -> [UInt8] {
    guard let start = sqlite3_column_blob(pointer, column) else { return [] }
    return Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(pointer, column))))
  }

  // MARK: Values with a range

  /// A number within a range.
  func number(_ column: Int32, in range: ClosedRange<Int64>) throws(UnreadableRow) -> Int {
    try expect(SQLITE_INTEGER, "a number", column)
    let number = integer(column)
    guard range.contains(number) else { throw damage(column, "\(number) is out of range") }
    return Int(number)
  }

  /// A number within a range, or NULL.
  func optionalNumber(_ column: Int32, in range: ClosedRange<Int64>) throws(UnreadableRow) -> Int? {
    isNull(column) ? nil : try number(column, in: range)
  }

  /// A count: 0 or more.
  func count(_ column: Int32) throws(UnreadableRow) -> Int { try number(column, in: 0...(.max)) }

  /// A span of time that can be added to any instant without leaving the range of numbers: at most 10,000 years.
  func span(_ column: Int32, from least: Int64 = .min) throws(UnreadableRow) -> Duration {
    .microseconds(try number(column, in: max(least, -Self.longest)...Self.longest))
  }

  func optionalSpan(_ column: Int32, from least: Int64 = .min) throws(UnreadableRow) -> Duration? {
    isNull(column) ? nil : try span(column, from: least)
  }

  /// An instant that can be written with a year of four digits, and so be read by clients.
  func instant(_ column: Int32) throws(UnreadableRow) -> Instant {
    try expect(SQLITE_INTEGER, "an instant", column)
    let instant = Instant(microseconds: integer(column))
    guard Instant.writable.contains(instant) else { throw damage(column, "an instant is out of range") }
    return instant
  }

  func optionalInstant(_ column: Int32) throws(UnreadableRow) -> Instant? { isNull(column) ? nil : try instant(column) }

  private static let longest: Int64 = 10_000 * 366 * 86_400 * 1_000_000

  // MARK: Names and words

  func jobID(_ column: Int32) throws(UnreadableRow) -> JobID {
    guard let id = sixteenBytes(column) else { throw damage(column, "an id of a job is not 16 bytes") }
    return id
  }

  /// An id, or nil: the key of a row that cannot be read is looked for with this, so it must not throw.
  private func sixteenBytes(_ column: Int32) -> JobID? {
    guard let start = sqlite3_column_blob(pointer, column), sqlite3_column_bytes(pointer, column) == 16 else {
      return nil
    }
    let raw = UnsafeRawBufferPointer(start: start, count: 16)
    return JobID(
      high: UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
      low: UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
  }

  func optionalJobID(_ column: Int32) throws(UnreadableRow) -> JobID? { isNull(column) ? nil : try jobID(column) }

  func workflowName(_ column: Int32) throws(UnreadableRow) -> WorkflowName {
    guard let name = WorkflowName(text(column)) else { throw damage(column, "the name of a workflow is malformed") }
    return name
  }

  func queueName(_ column: Int32) throws(UnreadableRow) -> QueueName {
    guard let name = QueueName(text(column)) else { throw damage(column, "the name of a queue is malformed") }
    return name
  }

  /// A word that only readers see: of whatever version.
  func anyWord<Known>(_ column: Int32, of: Known.Type = Known.self) -> Word<Known> { Word(rawValue: text(column)) }

  func optionalAnyWord<Known>(_ column: Int32, of: Known.Type = Known.self) -> Word<Known>? {
    isNull(column) ? nil : anyWord(column)
  }

  /// A word that something is decided by: one of this version's.
  func word<Known: RawRepresentable>(_ column: Int32, as: Known.Type = Known.self) throws(UnreadableRow) -> Known
  where Known.RawValue == String {
    if let word = Known(rawValue: text(column)) { return word }
    try expect(SQLITE_TEXT, "a word", column)
    throw unreadable(column, .foreignWord(Self.shown(text(column))))
  }

  func optionalWord<Known: RawRepresentable>(
    _ column: Int32, as: Known.Type = Known.self
  ) throws(UnreadableRow) -> Known? where Known.RawValue == String { isNull(column) ? nil : try word(column) }

  // MARK: Faults

  /// What is said of a column that holds what no version writes.
  func damage(_ column: Int32, _ what: String) -> UnreadableRow { unreadable(column, .damaged(what)) }

  private func expect(_ type: Int32, _ what: String, _ column: Int32) throws(UnreadableRow) {
    let found = sqlite3_column_type(pointer, column)
    guard found != type else { return }
    let names = [SQLITE_NULL: "NULL", SQLITE_INTEGER: "a number", SQLITE_FLOAT: "a fraction", SQLITE_TEXT: "a text"]
    throw damage(column, "\(names[found] ?? "a blob") is where \(what) should be")
  }

  private func unreadable(_ column: Int32, _ problem: UnreadableRow.Problem) -> UnreadableRow {
    let name = tactus_sqlite3_origin(pointer, column) ?? sqlite3_column_name(pointer, column)
    return UnreadableRow(
      table: tactus_sqlite3_table(pointer, column).map { String(cString: $0) } ?? "", row: key,
      column: name.map { String(cString: $0) } ?? "\(column)", problem: problem)
  }

  /// The first column of the row that is a key, else the first value that was asked for.
  private var key: String {
    for column in 0..<columnCount {
      guard let name = sqlite3_column_name(pointer, column).map({ String(cString: $0) }),
        ["id", "seq", "name", "sequence", "job"].contains(name)
      else { continue }
      // The type first: reading a column as another one changes it.
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

  /// A text from the store as a message may show it: short, and of letters, digits and a few signs.
  private static func shown(_ text: String) -> String {
    let plain = text.unicodeScalars.prefix(40).map { scalar in
      scalar.isASCII && scalar.value > 32 && scalar.value < 127 ? Character(scalar) : "?"
    }
    return String(plain) + (text.unicodeScalars.count > 40 ? "…" : "")
  }
}
