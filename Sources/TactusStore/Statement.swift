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
  // Not inlined, because the optimizer of Swift 6.3.1 aborts where it inlines a body that borrows a row.
  @inline(never)
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
        if try !read(Row(pointer: pointer, asked: values)) && sqlite3_stmt_readonly(pointer) != 0 { return }
      case SQLITE_DONE: return
      default:
        throw StoreError(
          code: code, operation: text, message: String(cString: sqlite3_errmsg(sqlite3_db_handle(pointer))))
      }
    }
  }
}
