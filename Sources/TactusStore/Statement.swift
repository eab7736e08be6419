internal import CSQLite
internal import TactusModel

/// Called with true when SQLite is entered, and with false when it returns; an unresponsive disk delays the return.
///
/// Both calls are on the thread that uses the connection, in pairs, also after an error. Pairs may be nested. The body
/// must be quick, because every statement waits for it.
public typealias DiskUse = @Sendable (_ isInside: Bool) -> Void

/// A prepared statement, bound and reset at each run.
///
/// Confined to the queue of its connection, and to one run at a time. It is finalized when it is released. Source:
/// https://www.sqlite.org/c3ref/stmt.html
final class Statement {
  /// The SQL as it was prepared, with parameters and without values; errors name it.
  let text: String
  private let pointer: OpaquePointer
  private let disk: DiskUse

  /// Prepares the first statement of a text; text behind it is ignored.
  ///
  /// - Parameters:
  ///   - sql: one statement. SQLite is asked to expect many runs of it.
  ///   - handle: an open connection.
  ///   - disk: called around this call and around each run.
  /// - Throws: ``StoreError`` if a table, a column or an index is missing, or if the text is not SQL. Nothing is kept
  ///   then.
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
  ///
  /// A statement that only reads holds its snapshot until it returns, so keep the body short. One that changes rows is
  /// always stepped to its end. The reset and the removal of all values happen also after an error.
  ///
  /// - Parameters:
  ///   - values: by position, from the first parameter; a parameter without a value is NULL.
  ///   - read: called with each row; false means that no more rows are wanted.
  /// - Throws: ``UnreadableRow`` with `contradiction` if a change contradicts the rules of its table, which only a
  ///   damaged row, or one of another version, causes. Else ``StoreError`` with SQLite's extended code and the text of
  ///   the statement, or the error of the body. The changes of a statement whose body threw are done, and the caller
  ///   undoes them.
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
        // A statement that changes rows must be stepped to its end. RETURNING has all its rows ready by then.
        if try !read(Row(pointer: pointer, asked: values)) && sqlite3_stmt_readonly(pointer) != 0 { return }
      case SQLITE_DONE: return
      case let code where code & 0xFF == SQLITE_CONSTRAINT:
        let message = String(cString: sqlite3_errmsg(sqlite3_db_handle(pointer)))
        throw UnreadableRow(table: "", row: "", column: "", problem: .contradiction(message))
      default:
        throw StoreError(
          code: code, operation: text, message: String(cString: sqlite3_errmsg(sqlite3_db_handle(pointer))))
      }
    }
  }
}
