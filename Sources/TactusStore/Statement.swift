internal import CSQLite
internal import TactusModel

/// Called with true when SQLite is entered, and with false when it returns: a disk that does not answer keeps it there.
public typealias DiskUse = @Sendable (_ isInside: Bool) -> Void

/// A prepared statement, bound and reset at each run.
final class Statement {
  let text: String
  private let pointer: OpaquePointer
  private let disk: DiskUse

  init(_ sql: String, on handle: OpaquePointer, disk: @escaping DiskUse) throws {
    text = sql
    self.disk = disk
    disk(true)
    defer { disk(false) }
    var prepared: OpaquePointer?
    let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
    guard code == SQLITE_OK, let prepared else {
      throw StoreError(code: code, operation: sql, message: String(cString: sqlite3_errmsg(handle)))
    }
    pointer = prepared
  }

  deinit { sqlite3_finalize(pointer) }

  /// Binds the values, steps through the rows until the body returns false, and resets.
  func run(_ values: [any Bindable], read: (borrowing Row) throws -> Bool) throws {
    disk(true)
    defer {
      sqlite3_reset(pointer)
      sqlite3_clear_bindings(pointer)
      disk(false)
    }
    for (index, value) in values.enumerated() { value.bind(to: pointer, at: Int32(index + 1)) }
    while true {
      let code = sqlite3_step(pointer)
      switch code {
      case SQLITE_ROW:
        // A statement that changes rows must run to its end; RETURNING has all its rows ready by then.
        if try !read(Row(pointer: pointer)) && sqlite3_stmt_readonly(pointer) != 0 { return }
      case SQLITE_DONE: return
      default:
        throw StoreError(
          code: code, operation: text, message: String(cString: sqlite3_errmsg(sqlite3_db_handle(pointer))))
      }
    }
  }
}

/// The current row of a statement; valid only inside the body that it is given to.
struct Row: ~Copyable {
  fileprivate let pointer: OpaquePointer

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

  func instant(_ column: Int32) -> Instant { Instant(microseconds: integer(column)) }

  func optionalInstant(_ column: Int32) -> Instant? { isNull(column) ? nil : instant(column) }

  func optionalSpan(_ column: Int32) -> Duration? { isNull(column) ? nil : .microseconds(integer(column)) }

  func jobID(_ column: Int32) -> JobID {
    guard let start = sqlite3_column_blob(pointer, column), sqlite3_column_bytes(pointer, column) == 16 else {
      fatalError("a job id in the store is not 16 bytes; the schema forbids that")
    }
    let raw = UnsafeRawBufferPointer(start: start, count: 16)
    return JobID(
      high: UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
      low: UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
  }

  func optionalJobID(_ column: Int32) -> JobID? { isNull(column) ? nil : jobID(column) }

  /// A word of one of our enumerations; the schema's CHECKs hold the same words.
  func word<Word: RawRepresentable>(_ column: Int32, as: Word.Type = Word.self) -> Word where Word.RawValue == String {
    guard let word = Word(rawValue: text(column)) else {
      fatalError("'\(text(column))' in the store is no \(Word.self); the schema forbids that")
    }
    return word
  }

  func optionalWord<Word: RawRepresentable>(_ column: Int32, as: Word.Type = Word.self) -> Word?
  where Word.RawValue == String { isNull(column) ? nil : word(column) }
}
