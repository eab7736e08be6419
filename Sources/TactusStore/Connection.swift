internal import CSQLite
internal import TactusModel

/// A SQLite connection with its prepared statements; confined to one work queue.
///
/// It is opened without SQLite's own locks, so two threads may never use it at once. Every call blocks until SQLite
/// returns, which a slow disk delays. Errors carry extended result codes. Sources:
/// https://www.sqlite.org/c3ref/open.html, https://www.sqlite.org/rescode.html
final class Connection {
  private let handle: OpaquePointer
  /// Whether the handle is freed; from then on it is not used again.
  private(set) var isClosed = false
  /// Prepared statements by the address of their literal: each literal of the program at most once.
  private var statements: [UInt: Statement] = [:]
  /// Called with true when SQLite is entered, and with false when it returns.
  ///
  /// A statement keeps the body that was set when it was prepared. Set this before the first statement that shall
  /// report.
  var disk: DiskUse = { _ in }
  /// Called with each row that was left out because it cannot be read, on the queue of the connection.
  ///
  /// The same row is reported whenever it is met. The receiver removes repetitions.
  var report: (UnreadableRow) -> Void = { _ in }

  /// Opens a file, or `:memory:`; `flags` are SQLITE_OPEN_….
  ///
  /// SQLite reads the file only with the first statement, so a file that is not a database is refused there.
  ///
  /// - Parameters:
  ///   - path: the path of a database; a URI if the flags allow it.
  ///   - flags: how to open it. The default creates a missing file.
  /// - Throws: ``StoreError`` if SQLite cannot open the file. Nothing stays open then.
  init(path: String, flags: Int32 = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) throws {
    var opened: OpaquePointer?
    let code = sqlite3_open_v2(path, &opened, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
    guard code == SQLITE_OK, let opened else {
      let message = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
      sqlite3_close_v2(opened)
      throw StoreError(code: code, operation: "open \(path)", message: message)
    }
    handle = opened
  }

  /// Finalizes the statements and closes the file; later statements throw ``StoreError``, and a second call does nothing.
  ///
  /// An open transaction is rolled back. The last connection to a file that may write merges the -wal and removes it.
  /// Source: https://www.sqlite.org/c3ref/close.html
  func close() {
    guard !isClosed else { return }
    isClosed = true
    statements.removeAll()
    sqlite3_close_v2(handle)
  }

  /// Moves the content of the -wal into the database file, so that a copy of that file alone is complete.
  ///
  /// Frames that a reader still needs stay in the -wal. An explicit checkpoint is needed because SQLite checkpoints
  /// only when the last connection closes, and that one is read-only.
  /// Source: https://www.sqlite.org/pragma.html#pragma_wal_checkpoint
  func mergeLog() {
    // The next start reads from the -wal what was not moved.
    try? execute("PRAGMA wal_checkpoint(TRUNCATE)")
  }

  /// Closes the file without writing to it; the content of the -wal stays there.
  ///
  /// For files that now belong to another store, and for connections that only read. The next start finds the -wal.
  /// Source: https://www.sqlite.org/c3ref/c_dbconfig_defensive.html, `SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE`
  func abandon() {
    guard !isClosed else { return }
    _ = tactus_sqlite3_keep_wal(handle)
    close()
  }

  /// A turn that was posted before the close may still run after it: the freed handle must not be used.
  private func requireOpen() throws {
    guard !isClosed else { throw StoreError(code: SQLITE_CANTOPEN, operation: "use", message: "it is closed") }
  }

  /// Whether no transaction is open; also true after SQLite rolled back on its own.
  /// Source: https://www.sqlite.org/c3ref/get_autocommit.html
  var isAutocommit: Bool { isClosed || sqlite3_get_autocommit(handle) != 0 }

  /// The number of rows that the last statement changed; rows changed by triggers and foreign keys are not counted.
  ///
  /// A verb compares it with 1 to find out whether its condition matched. A statement that only reads leaves it
  /// unchanged. Source: https://www.sqlite.org/c3ref/changes.html
  var changes: Int { isClosed ? 0 : Int(sqlite3_changes64(handle)) }

  /// The rowid of the last inserted row; 0 before the first insertion of this connection.
  ///
  /// For tables with an INTEGER PRIMARY KEY, this is the new key: the number of an event or of a workflow.
  var lastInsertedRow: Int64 { isClosed ? 0 : sqlite3_last_insert_rowid(handle) }

  /// The number of rows changed since the connection was opened, including changes that were rolled back.
  ///
  /// Rows that triggers changed are included. The difference over a verb shows whether the verb tried to change
  /// anything. Source: https://www.sqlite.org/c3ref/total_changes.html
  var totalChanges: Int64 { isClosed ? 0 : sqlite3_total_changes64(handle) }

  /// Runs SQL that is used once, such as a schema; the text may hold several statements.
  ///
  /// The statements run in order, up to the first one that fails. Those before it stay done, unless a transaction is
  /// open. Rows are ignored, and nothing stays prepared.
  ///
  /// - Parameter sql: SQL without parameters; never composed from values of a client.
  /// - Throws: ``StoreError`` with the first 200 characters of the text as its operation.
  func execute(_ sql: String) throws {
    try requireOpen()
    disk(true)
    defer { disk(false) }
    var message: UnsafeMutablePointer<CChar>?
    let code = sqlite3_exec(handle, sql, nil, nil, &message)
    defer { sqlite3_free(message) }
    guard code == SQLITE_OK else {
      throw StoreError(
        code: code, operation: String(sql.prefix(200)), message: message.map { String(cString: $0) } ?? "unknown")
    }
  }

  /// Returns the prepared statement of a literal, and prepares it at first use.
  ///
  /// The key is the address of the literal, so that no text is hashed. A statement is prepared again by SQLite if the
  /// schema changes. It may not run while it already runs, for example inside the body of its own row.
  ///
  /// - Parameter sql: a literal with one statement.
  /// - Returns: the statement, reset, without bound values.
  /// - Throws: ``StoreError`` if the text is not valid for the schema.
  func statement(_ sql: StaticString) throws -> Statement {
    try requireOpen()
    let key = UInt(bitPattern: sql.utf8Start)
    if let known = statements[key] { return known }
    let made = try Statement(sql.description, on: handle, disk: disk)
    statements[key] = made
    return made
  }

  /// Runs a statement for its changes; rows that it returns are ignored.
  ///
  /// - Parameters:
  ///   - sql: a literal with one statement.
  ///   - values: the values of its parameters in order; a parameter without a value is NULL.
  /// - Throws: ``StoreError`` if the statement fails. It has then changed nothing, and an open transaction stays open
  ///   unless SQLite rolled it back, see ``isAutocommit``.
  func run(_ sql: StaticString, _ values: (any Bindable)...) throws {
    try statement(sql).run(values) { _ in false }
  }

  /// Returns what the body reads from the first row; nil if there are no rows.
  ///
  /// A statement that only reads stops after this row. One that changes rows runs to its end. Its body is then called
  /// for each returned row, and the value of the last one is returned, so use it for one row.
  ///
  /// - Parameters:
  ///   - sql: a literal with one statement, which need not have a LIMIT.
  ///   - values: the values of its parameters in order.
  ///   - read: reads the columns; the row is valid only inside.
  /// - Returns: the value; nil also if the body returned nil.
  /// - Throws: ``StoreError`` if the statement fails, or the error of the body. Changes of a RETURNING are done by
  ///   then.
  func first<Value>(
    _ sql: StaticString, _ values: any Bindable..., read: (borrowing Row) throws -> Value
  ) throws
    -> Value?
  {
    var result: Value?
    try statement(sql).run(values) { row in
      result = try read(row)
      return false
    }
    return result
  }

  /// Returns what the body reads from each row, in the order of the statement.
  ///
  /// - Parameters:
  ///   - sql: a literal with one statement.
  ///   - values: the values of its parameters in order.
  ///   - read: reads the columns of one row.
  /// - Returns: one value per row; empty without rows. All of them are in memory, so bound the statement with a LIMIT.
  /// - Throws: ``StoreError`` if the statement fails, or the first error of the body, which ends the statement.
  func all<Value>(
    _ sql: StaticString, _ values: any Bindable..., read: (borrowing Row) throws -> Value
  ) throws
    -> [Value]
  {
    var result: [Value] = []
    try statement(sql).run(values) { row in
      result.append(try read(row))
      return true
    }
    return result
  }

  /// Returns what the body reads from each row, in order; reports and leaves out rows that cannot be read.
  ///
  /// So one damaged row never hides the others. The rows that are left out count towards a LIMIT.
  ///
  /// - Parameters:
  ///   - sql: a literal with one statement.
  ///   - values: the values of its parameters in order.
  ///   - read: reads the columns of one row.
  /// - Returns: one value per readable row; empty without any.
  /// - Throws: ``StoreError`` if the statement fails, or an error of the body other than ``UnreadableRow``.
  func readable<Value>(
    _ sql: StaticString, _ values: any Bindable..., read: (borrowing Row) throws -> Value
  ) throws -> [Value] {
    var result: [Value] = []
    try statement(sql).run(values) { row in
      if let value = try reporting({ try read(row) }) { result.append(value) }
      return true
    }
    return result
  }

  /// Returns what the body reads; if the row cannot be read, reports it and returns nil.
  ///
  /// - Parameter body: reads one row, or several rows that belong together.
  /// - Returns: the value; nil if ``UnreadableRow`` was thrown, and then `report` has been called with it once.
  /// - Throws: any other error of the body.
  func reporting<Value>(_ body: () throws -> Value) throws -> Value? {
    do { return try body() } catch let fault as UnreadableRow {
      report(fault)
      return nil
    }
  }

  /// Runs a statement whose text is composed at run time, such as a list with filters; it is not kept prepared.
  ///
  /// - Parameters:
  ///   - sql: one statement. It is never composed from values of a client, because all values are bound.
  ///   - values: the values of its parameters in order.
  ///   - read: reads one row; false ends a statement that only reads.
  /// - Throws: ``StoreError`` if the statement fails or is not valid, or the error of the body.
  func each(dynamic sql: String, _ values: [any Bindable], read: (borrowing Row) throws -> Bool) throws {
    try requireOpen()
    try Statement(sql, on: handle, disk: disk).run(values, read: read)
  }

  /// Returns SQLite's query plan, one line per step; for the test that every query uses an index.
  ///
  /// - Parameter sql: one statement; its parameters are NULL.
  /// - Returns: the steps in the order of EXPLAIN QUERY PLAN: `SEARCH jobs USING INDEX jobs_due (…)`.
  /// - Throws: ``StoreError`` if the statement is not valid.
  func plan(of sql: String) throws -> [String] {
    var lines: [String] = []
    try Statement("EXPLAIN QUERY PLAN " + sql, on: handle, disk: disk).run([]) { row in
      lines.append(row.text(3))
      return true
    }
    return lines
  }

  /// The texts of all statements prepared so far, in any order; those composed at run time are not kept.
  var preparedTexts: [String] { statements.values.map(\.text) }
}
