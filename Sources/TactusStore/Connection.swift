internal import CSQLite
internal import TactusModel

/// One SQLite connection with its prepared statements; belongs to one work queue.
final class Connection {
  private let handle: OpaquePointer
  private var statements: [UInt: Statement] = [:]
  /// Is told when SQLite is entered and left.
  var disk: DiskUse = { _ in }
  /// Is told of each row that was left out because it cannot be read.
  var report: (UnreadableRow) -> Void = { _ in }

  /// Opens the file, or `:memory:`; `flags` are SQLITE_OPEN_….
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

  /// Finalizes the statements and closes the file; the connection is not used afterwards.
  func close() {
    statements.removeAll()
    sqlite3_close_v2(handle)
  }

  /// Moves what is in the -wal into the file, so that a copy of the file alone is whole; what a reader still needs stays there.
  ///
  /// Closing would do it for the last connection alone, and that is one that only reads.
  /// Source: https://www.sqlite.org/pragma.html#pragma_wal_checkpoint
  func mergeLog() {
    // What is not moved is read from the -wal at the next start.
    try? execute("PRAGMA wal_checkpoint(TRUNCATE)")
  }

  /// Closes the file without writing to it: what its -wal holds stays there.
  func abandon() {
    _ = tactus_sqlite3_keep_wal(handle)
    close()
  }

  /// Whether no transaction is open: also how one learns that SQLite rolled back by itself.
  /// Source: https://www.sqlite.org/c3ref/get_autocommit.html
  var isAutocommit: Bool { sqlite3_get_autocommit(handle) != 0 }

  /// Rows changed by the last statement.
  var changes: Int { Int(sqlite3_changes64(handle)) }

  /// The rowid of the last row that was inserted.
  var lastInsertedRow: Int64 { sqlite3_last_insert_rowid(handle) }

  /// Rows changed since the connection was opened, those that were rolled back included.
  var totalChanges: Int64 { sqlite3_total_changes64(handle) }

  /// Runs SQL that is used once, such as a schema; may hold several statements.
  func execute(_ sql: String) throws {
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

  /// The prepared statement of a literal, made at its first use; the literal's address is its key, so no text is hashed.
  func statement(_ sql: StaticString) throws -> Statement {
    let key = UInt(bitPattern: sql.utf8Start)
    if let known = statements[key] { return known }
    let made = try Statement(sql.description, on: handle, disk: disk)
    statements[key] = made
    return made
  }

  /// Runs a statement that returns no rows.
  func run(_ sql: StaticString, _ values: (any Bindable)...) throws {
    try statement(sql).run(values) { _ in false }
  }

  /// The first row, read by the body; nil if there is none.
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

  /// All rows, read by the body, in the statement's order.
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

  /// The rows that can be read, in the statement's order; the others are reported and left out.
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

  /// What a body reads; nil if the row cannot be read, which is reported.
  func reporting<Value>(_ body: () throws -> Value) throws -> Value? {
    do { return try body() } catch let fault as UnreadableRow {
      report(fault)
      return nil
    }
  }

  /// Runs a statement whose text is made at run time (lists with filters), unprepared.
  func each(dynamic sql: String, _ values: [any Bindable], read: (borrowing Row) throws -> Bool) throws {
    try Statement(sql, on: handle, disk: disk).run(values, read: read)
  }

  /// What SQLite would do, one line a step: for the test that every query has its index.
  func plan(of sql: String) throws -> [String] {
    var lines: [String] = []
    try Statement("EXPLAIN QUERY PLAN " + sql, on: handle, disk: disk).run([]) { row in
      lines.append(row.text(3))
      return true
    }
    return lines
  }

  /// The texts of all statements prepared so far.
  var preparedTexts: [String] { statements.values.map(\.text) }
}
