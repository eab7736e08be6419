internal import CSQLite

/// The files of a database before anybody opens them: they are looked at and not changed.
public struct DatabaseFile {
  private let path: String
  private let main: tactus_store_file
  private let log: tactus_store_file
  private let journal: tactus_store_file

  /// Looks at a database and at the files that SQLite keeps beside it.
  /// - Throws: ``StoreError`` that names what must not be opened, because that would follow a link, or lose what is in the files.
  public static func examine(_ path: String) throws { try DatabaseFile(at: path).examine() }

  /// Whether there is no database at a path, or one without a byte.
  public static func isEmpty(_ path: String) throws -> Bool { try DatabaseFile(at: path).main.size == 0 }

  init(at path: String) throws {
    self.path = path
    main = try Self.look(at: path)
    log = try Self.look(at: "\(path)-wal")
    journal = try Self.look(at: "\(path)-journal")
    _ = try Self.look(at: "\(path)-shm")
  }

  /// Whether changes are beside the database that are not in it yet.
  var hasLog: Bool { log.size > 0 }

  private static func look(at path: String) throws -> tactus_store_file {
    var file = tactus_store_file()
    let code = tactus_store_file_at(path, 1, &file)
    guard code == 0 else {
      throw StoreError(
        code: SQLITE_CANTOPEN, operation: "look at \(path)", message: "\(path) cannot be looked at (errno \(code))")
    }
    guard file.exists == 0 || file.is_regular != 0 else {
      throw StoreError(
        code: SQLITE_CANTOPEN, operation: "look at \(path)",
        message:
          "\(path) is a symbolic link, or another thing than a file. It is left as it is, and so is what it leads to. "
          + "Move it away, or set STATE_DIRECTORY to the directory with the file itself")
    }
    return file
  }

  func examine() throws {
    guard main.size > 0 else {
      guard hasLog else { return }
      throw refusal(
        "\(path) is \(main.exists != 0 ? "empty" : "missing"), but \(path)-wal holds \(log.size) bytes of its changes. "
          + "Both are left as they are. Put \(path) back beside it from where it was moved or copied, or move "
          + "\(path)-wal away to begin without them")
    }
    // What a rollback journal holds is put back first: then the file says nothing of itself.
    guard journal.size == 0 else { return }
    guard main.header_size == 100, header(0, 16) == Array("SQLite format 3\0".utf8) else {
      throw StoreError(
        code: SQLITE_NOTADB, operation: "open \(path)", message: "\(path) is no database; it is left as it is")
    }
    guard !hasLog, let wanted = bytesByHeader, main.size < wanted else { return }
    throw refusal(
      "the store \(path) is damaged: it has \(main.size) bytes, and its header says \(wanted). It is left as it is. "
        + "Restore a backup, or recover with sqlite3 .recover")
  }

  /// How large the header says that the file is; nil if it does not say.
  /// Source: https://www.sqlite.org/fileformat.html, "In-header database size"
  private var bytesByHeader: Int64? {
    guard header(24, 4) == header(92, 4) else { return nil }
    let pageSize = number(16, 2) == 1 ? 65_536 : number(16, 2)
    return number(28, 4) * pageSize
  }

  private func number(_ offset: Int, _ count: Int) -> Int64 { header(offset, count).reduce(0) { $0 << 8 | Int64($1) } }

  private func header(_ offset: Int, _ count: Int) -> [UInt8] {
    withUnsafeBytes(of: main.header) { Array($0[offset..<offset + count]) }
  }

  private func refusal(_ message: String) -> StoreError {
    StoreError(code: SQLITE_CORRUPT, operation: "check \(path)", message: message)
  }
}
