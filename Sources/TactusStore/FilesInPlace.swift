internal import CSQLite

/// Detects files of an open store that were removed, replaced or moved away.
///
/// SQLite keeps writing to such a file without an error, and everything written is lost. Each check costs one lstat(2)
/// per file. Confined to the queue of the store.
///
/// A store is checked at every commit, so no write to a lost file is acknowledged. It is checked also when an operator
/// asks for a diagnosis. A file that is back at its path passes the check again.
final class FilesInPlace {
  /// Whether the last check failed; then every write checks again before it begins.
  private(set) var areGone = false
  /// The files that existed at a check, with their identity; none is ever removed from this list.
  private var known: [(path: String, identity: Identity)] = []
  /// Files that are created a little after the store is opened: SQLite creates the -wal with the first write.
  private var expected: [String]

  /// SQLITE_READONLY_DBMOVED, which Swift does not import. Source: https://www.sqlite.org/rescode.html
  ///
  /// Its class is SQLITE_READONLY, so ``StoreError/isUnavailability`` is true: the writer waits until the file is back.
  private static let moved: Int32 = 1032

  /// Device and inode of a file, which no other file of the machine has while this one exists.
  private struct Identity: Equatable {
    let device: UInt64
    let inode: UInt64

    /// Looks at a path without following a link; nil if the path is missing or cannot be looked at.
    init?(of path: String) {
      var file = tactus_store_file()
      guard tactus_store_file_at(path, 0, &file) == 0, file.exists != 0 else { return nil }
      (device, inode) = (file.device, file.inode)
    }
  }

  /// Remembers device and inode of each file; watches nothing for `:memory:`.
  ///
  /// - Parameters:
  ///   - path: the path of the database; its -wal is watched also.
  ///   - others: further files, such as the lock of the state directory.
  init(of path: String, and others: [String] = []) {
    expected = path == ":memory:" ? [] : [path, "\(path)-wal"] + others
    learn()
  }

  /// Checks that each path still leads to the same file.
  ///
  /// A file that did not exist before is remembered now. The first wrong file ends the check.
  ///
  /// - Throws: ``StoreError`` that names the file that is missing or was replaced. ``areGone`` is true then, and false
  ///   if nothing was thrown.
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

  /// Remembers the expected files that exist by now; a file that was replaced later is not learned again.
  private func learn() {
    guard !expected.isEmpty else { return }
    expected.removeAll { path in
      guard let identity = Identity(of: path) else { return false }
      known.append((path, identity))
      return true
    }
  }
}
