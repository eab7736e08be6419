internal import CSQLite

/// The files of a database, examined before SQLite opens them and never changed.
///
/// SQLite follows links, deletes a -wal without its database, and creates a missing file. Each of these can destroy
/// data that an operator could still restore. Source: docs/adr/0015
///
/// No symbolic link is followed, and of each file at most the first 100 bytes are read. A check and the opening after
/// it are two steps, so the daemon holds its lock around both.
public struct DatabaseFile {
  private let path: String
  private let main: tactus_store_file
  private let log: tactus_store_file
  private let journal: tactus_store_file

  /// Examines a database and the files that SQLite keeps beside it: -wal, -journal and -shm.
  ///
  /// A missing or empty database without a -wal is valid, because a new store begins like that. A database with a
  /// -journal is accepted after the look at its files: SQLite first restores its content, so its header may be out of
  /// date.
  ///
  /// - Parameter path: the path of `tactus.db` or `logs.db`; any thread may call this, and blocks on the disk.
  /// - Throws: ``StoreError`` if a file is a symbolic link or not a regular file, or if opening would lose the content
  ///   of the -wal. Also if the header does not match the file. The message names the file and the way out.
  public static func examine(_ path: String) throws { try DatabaseFile(at: path).examine() }

  /// Whether a path has no database, or an empty file.
  ///
  /// - Parameter path: the path of a database; its other files are looked at also.
  /// - Returns: true for a missing file and for one of 0 bytes.
  /// - Throws: ``StoreError`` if a file cannot be examined, or is a symbolic link.
  public static func isEmpty(_ path: String) throws -> Bool { try DatabaseFile(at: path).main.size == 0 }

  /// Looks at the four files, without judging how they fit together.
  ///
  /// - Parameter path: the path of the database; a missing file is not an error.
  /// - Throws: ``StoreError`` with SQLITE_CANTOPEN if a file exists and is not a regular one, or if lstat(2) or open(2)
  ///   fails.
  init(at path: String) throws {
    self.path = path
    main = try Self.look(at: path)
    log = try Self.look(at: "\(path)-wal")
    journal = try Self.look(at: "\(path)-journal")
    _ = try Self.look(at: "\(path)-shm")
  }

  /// Whether the -wal may hold changes that are not in the database file yet.
  ///
  /// True for every -wal that is not empty. A clean stop leaves only the database file.
  var hasLog: Bool { log.size > 0 }

  /// Looks at one file with lstat(2), and reads the header of a regular file.
  ///
  /// - Parameter path: the path of any of the four files.
  /// - Returns: the facts; `exists` is 0 for a missing file and for a missing directory.
  /// - Throws: ``StoreError`` that names the path, with the errno or with the way out.
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

  /// Refuses files that do not fit together; throws ``StoreError`` whose code shows the reason.
  ///
  /// - SQLITE_CORRUPT: the database is missing or empty and its -wal is not, or the file is shorter than its header
  ///   claims.
  /// - SQLITE_NOTADB: the first 100 bytes are not the header of a database.
  ///
  /// The size is compared only without a -wal, because its content may belong behind the end of the file.
  func examine() throws {
    guard main.size > 0 else {
      guard hasLog else { return }
      throw refusal(
        "\(path) is \(main.exists != 0 ? "empty" : "missing"), but \(path)-wal holds \(log.size) bytes of its changes. "
          + "Both are left as they are. Put \(path) back beside it from where it was moved or copied, or move "
          + "\(path)-wal away to begin without them")
    }
    // SQLite first restores the content of a rollback journal, so the header may be out of date.
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

  /// The size in bytes according to the header; nil if the header holds no valid size.
  ///
  /// The size is valid if two counters of the header are equal. A page size of 1 means 65,536 bytes. Source:
  /// https://www.sqlite.org/fileformat.html, "In-header database size"
  private var bytesByHeader: Int64? {
    guard header(24, 4) == header(92, 4) else { return nil }
    let pageSize = number(16, 2) == 1 ? 65_536 : number(16, 2)
    return number(28, 4) * pageSize
  }

  /// Reads a big-endian number of the header; the caller has checked that the header is complete.
  private func number(_ offset: Int, _ count: Int) -> Int64 { header(offset, count).reduce(0) { $0 << 8 | Int64($1) } }

  /// The bytes of a part of the header, of 100 bytes in all; zeros where the file was shorter.
  private func header(_ offset: Int, _ count: Int) -> [UInt8] {
    withUnsafeBytes(of: main.header) { Array($0[offset..<offset + count]) }
  }

  private func refusal(_ message: String) -> StoreError {
    StoreError(code: SQLITE_CORRUPT, operation: "check \(path)", message: message)
  }
}
