import CSQLite
import Foundation
import TactusModel
import TactusPorts
import TactusTestSupport
import Testing

@testable import TactusStore

@Suite("Opening a store")
struct OpeningTests {
  /// Returns a store with some rows, all of them in the database file, closed or as a killed daemon leaves it.
  private func files(closed: Bool) throws -> StoreFiles {
    let file = TemporaryFile()
    let specimen = try StoreSpecimen(file: file)
    let stage = Stage(specimen)
    try stage.apply(.sample(), at: 0)
    for now in [10, 20, 50] { try stage.cycle(at: now) }
    try specimen.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    if closed { specimen.store.call { $0.close() } }
    var files = try StoreFiles(at: file.path)
    if files.log?.isEmpty == true { files.log = nil }
    if !closed { specimen.store.call { $0.close() } }
    return files
  }

  /// Opens the files, expects a refusal that left them byte for byte unchanged, and returns it.
  private func refusal(of files: StoreFiles, _ comment: Comment? = nil) throws -> StoreError? {
    let file = try files.write()
    let error = #expect(throws: StoreError.self, comment) { try StoreSpecimen(file: file) }
    var left = try StoreFiles(at: file.path)
    if left.log?.isEmpty == true { left.log = nil }
    #expect(left == files, comment)
    return error
  }

  @Test("A new store gets a permanent id; a clean stop leaves one file and a mark")
  func identity() throws {
    let file = TemporaryFile()
    let first = try StoreSpecimen(file: file)
    let identity = try first.rows("SELECT id, epoch, created_at, in_use FROM store")
    #expect(identity.first?.hasSuffix("|1") == true)
    first.store.call { $0.close() }
    #expect(try FileManager.default.contentsOfDirectory(atPath: file.directory) == ["tactus.db"])
    let second = try StoreSpecimen(file: file)
    #expect(try second.rows("SELECT id, epoch, created_at, in_use FROM store") == identity)
    #expect(try second.rows("PRAGMA journal_mode") == ["wal"])
    #expect(try second.rows("PRAGMA synchronous") == ["2"])
    #expect(try second.rows("PRAGMA foreign_keys") == ["1"])
    second.store.call { $0.close() }
  }

  @Test("After an unclean stop every answered write is in the store", arguments: [false, true])
  func unclean(closed: Bool) throws {
    let specimen = try StoreSpecimen(file: try files(closed: closed).write())
    #expect(try specimen.rows("SELECT count(*) FROM jobs WHERE status = 'COMPLETED'") == ["3"])
    #expect(try specimen.findings().isEmpty)
    specimen.store.call { $0.close() }
  }

  @Test("A store of a newer version is refused with a message, and never written to")
  func newer() throws {
    for closed in [true, false] {
      var files = try files(closed: closed)
      // Source: https://www.sqlite.org/fileformat.html, the user version at offset 60.
      files.database.replaceSubrange(60..<64, with: [0, 0, 0, 99])
      let error = try #require(try refusal(of: files))
      #expect(error.message.contains("schema version 99"))
      #expect(error.message.contains("newer program"))
    }
  }

  @Test("After an unclean stop a damaged page is found, whichever page it is")
  func damagedPage() throws {
    let files = try files(closed: false)
    #expect(files.pageCount > 10)
    for page in 0..<files.pageCount {
      var damaged = files
      let start = page * files.pageSize + (page == 0 ? 100 : 0)
      for offset in start..<start + 8 { damaged.database[offset] ^= 0xFF }
      let error = try refusal(of: damaged, "page \(page + 1)")
      #expect(error?.message.contains("left as it is") == true, "page \(page + 1): \(String(describing: error))")
    }
  }

  @Test("A truncated file is refused", arguments: [0.9, 0.5, 0.01])
  func truncated(part: Double) throws {
    var files = try files(closed: false)
    files.database = files.database.prefix(Int(Double(files.database.count) * part))
    let error = try refusal(of: files)
    #expect(error?.message.contains("left as it is") == true, "\(String(describing: error))")
  }

  @Test("A file that is not a database is refused by name")
  func noDatabase() throws {
    var files = try files(closed: true)
    files.database = Data(repeating: UInt8(ascii: "x"), count: 10_000)
    let error = try #require(try refusal(of: files))
    #expect(error.message.contains("tactus.db is no database"))
    let directory = TemporaryFile()
    #expect(throws: StoreError.self) { try Connection(path: directory.directory) }
    #expect(throws: StoreError.self) { try Connection(path: "\(directory.directory)/none/tactus.db") }
  }

  @Test("The -wal of another store is refused, and both files stay unchanged")
  func foreignLog() throws {
    let other = TemporaryFile()
    let specimen = try StoreSpecimen(file: other)
    try Stage(specimen).apply(.sample(), at: 0)
    let log = try StoreFiles(at: other.path).log
    #expect((log?.count ?? 0) > 4096)
    try specimen.execute("UPDATE store SET id = 'another'")
    let foreign = try StoreFiles(at: other.path).log
    specimen.store.call { $0.close() }
    var files = try files(closed: true)
    files.log = foreign
    let error = try #require(try refusal(of: files))
    #expect(error.message.contains("belongs to another store"))
  }

  @Test("The -wal of a killed daemon is read, even if it was truncated")
  func ownLog() throws {
    let file = TemporaryFile()
    let specimen = try StoreSpecimen(file: file)
    let stage = Stage(specimen)
    try stage.apply(.sample(), at: 0)
    for now in [10, 20, 50] { try stage.cycle(at: now) }
    let files = try StoreFiles(at: file.path)
    specimen.store.call { $0.close() }
    let whole = try #require(files.log)
    for length in stride(from: whole.count, to: 0, by: -whole.count / 20) {
      var cut = files
      cut.log = whole.prefix(length)
      let opened = try StoreSpecimen(file: try cut.write())
      #expect(try opened.findings().isEmpty, "\(length) of \(whole.count) bytes")
      opened.store.call { $0.close() }
    }
  }

  @Test(
    "A directory without write access is refused with a message",
    .enabled(if: TemporaryMount.isPermitted, "needs the right to mount a file system"))
  func readOnlyDirectory() throws {
    let place = try TemporaryMount(kilobytes: 1024)
    try files(closed: true).database.write(to: URL(filePath: "\(place.path)/tactus.db"))
    try place.makeReadOnly()
    for name in ["tactus.db", "new.db"] {
      let error = #expect(throws: StoreError.self) {
        try Connection.openStore("\(place.path)/\(name)")
      }
      #expect(error?.isUnavailability == true, "\(String(describing: error))")
    }
  }

  @Test("A migration that fails leaves the previous version intact")
  func migrations() throws {
    let file = TemporaryFile()
    let connection = try Connection(path: file.path)
    defer { connection.close() }
    try connection.prepareForWriting(synchronous: "FULL")
    let bad = "CREATE TABLE second (a); INSERT INTO second VALUES (1); INSERT INTO nowhere VALUES (1)"
    #expect(throws: StoreError.self) { try connection.migrate(Schema.migrations + [bad], file: file.path) }
    #expect(connection.isAutocommit)
    #expect(try connection.inspect("PRAGMA user_version") == ["\(Schema.migrations.count)"])
    #expect(try connection.inspect("SELECT count(*) FROM sqlite_master WHERE name = 'second'") == ["0"])
    let good = "CREATE TABLE second (a); INSERT INTO second VALUES (1)"
    for _ in 1...2 { try connection.migrate(Schema.migrations + [good], file: file.path) }
    #expect(try connection.inspect("PRAGMA user_version") == ["\(Schema.migrations.count + 1)"])
    #expect(try connection.inspect("SELECT count(*) FROM second") == ["1"])
    #expect(throws: StoreError.self) { try connection.migrate(Schema.migrations, file: file.path) }
  }

  @Test("A migration that was killed half-way is repeated")
  func killedMigration() throws {
    let file = TemporaryFile()
    let connection = try Connection(path: file.path)
    try connection.prepareForWriting(synchronous: "FULL")
    try connection.execute("PRAGMA cache_size = 1; BEGIN IMMEDIATE")
    try connection.execute(try #require(Schema.migrations.first))
    // The files on disk now are what a kill leaves.
    let left = try StoreFiles(at: file.path).write()
    try connection.execute("ROLLBACK")
    connection.close()
    let opened = try Connection.openStore(left.path)
    #expect(try opened.inspect("PRAGMA user_version") == ["\(Schema.migrations.count)"])
    opened.close()
  }
}
