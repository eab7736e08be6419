internal import CSQLite

/// Whether the files of an open store are still found under their names: a file that was removed, replaced or moved away is
/// written to without an error, and everything in it is lost.
///
/// One lstat(2) for each file and look; belongs to the queue of the store.
final class FilesInPlace {
  /// Whether the last look found something wrong.
  private(set) var areGone = false
  private var known: [(path: String, identity: Identity)] = []
  /// Files that are made a little later than the store is opened.
  private var expected: [String]

  /// SQLITE_READONLY_DBMOVED, which Swift does not import. Source: https://www.sqlite.org/rescode.html
  private static let moved: Int32 = 1032

  private struct Identity: Equatable {
    let device: UInt64
    let inode: UInt64

    init?(of path: String) {
      var file = tactus_store_file()
      guard tactus_store_file_at(path, 0, &file) == 0, file.exists != 0 else { return nil }
      (device, inode) = (file.device, file.inode)
    }
  }

  /// Notes where the files of a store are now; nothing is watched in memory.
  init(of path: String, and others: [String] = []) {
    expected = path == ":memory:" ? [] : [path, "\(path)-wal"] + others
    learn()
  }

  /// - Throws: ``StoreError`` that names the file that is gone or another one.
  func check() throws {
    learn()
    for (path, identity) in known {
      let found = Identity(of: path)
      guard found != identity else { continue }
      areGone = true
      let what = found == nil ? "was removed or moved away" : "was replaced by another file"
      throw StoreError(
        code: Self.moved, operation: "check \(path)",
        message: "\(path) \(what) while tactusd runs. Put it back, or stop tactusd and restore a backup")
    }
    areGone = false
  }

  private func learn() {
    guard !expected.isEmpty else { return }
    expected.removeAll { path in
      guard let identity = Identity(of: path) else { return false }
      known.append((path, identity))
      return true
    }
  }
}
