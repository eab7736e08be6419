import Foundation
import Glibc
import TactusTestSupport
import Testing

@testable import TactusStore

/// The files of a store as bytes: to copy them as a crash would leave them, to damage them, or to detect changes.
struct StoreFiles: Equatable {
  var database: Data
  var log: Data?

  /// Reads the files.
  init(at path: String) throws {
    database = try Data(contentsOf: URL(filePath: path))
    let log = "\(path)-wal"
    self.log = FileManager.default.fileExists(atPath: log) ? try Data(contentsOf: URL(filePath: log)) : nil
  }

  /// Writes the files into a new directory.
  func write() throws -> TemporaryFile {
    let file = TemporaryFile()
    try database.write(to: URL(filePath: file.path))
    try log?.write(to: URL(filePath: "\(file.path)-wal"))
    return file
  }

  var pageSize: Int { Int(database[16]) << 8 | Int(database[17]) }

  var pageCount: Int { database.count / pageSize }
}

/// A small separate file system, which root may create.
final class TemporaryMount: Sendable {
  let path: String

  /// Whether a file system can be created here; tests that need one are skipped otherwise.
  static let isPermitted: Bool = (try? TemporaryMount(kilobytes: 64)) != nil  // The error is the answer.

  init(kilobytes: Int) throws {
    var template = Array("/tmp/tactus-mount-XXXXXX".utf8CString)
    path = try String(cString: #require(mkdtemp(&template)))
    guard mount("tmpfs", path, "tmpfs", 0, "size=\(kilobytes)k") == 0 else {
      let reason = errno
      rmdir(path)
      throw POSIXError(POSIXErrorCode(rawValue: reason) ?? .EPERM)
    }
  }

  /// Makes the file system read-only.
  func makeReadOnly() throws {
    guard mount("tmpfs", path, "tmpfs", UInt(MS_REMOUNT) | UInt(MS_RDONLY), nil) == 0 else {
      throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EPERM)
    }
  }

  /// Fills the remaining room.
  func fill() throws {
    let descriptor = open("\(path)/filler", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    defer { close(descriptor) }
    let zeros = [UInt8](repeating: 0, count: 4096)
    while zeros.withUnsafeBytes({ Glibc.write(descriptor, $0.baseAddress, $0.count) }) > 0 {}
    try #require(errno == ENOSPC)
  }

  /// Frees the room again.
  func clear() { unlink("\(path)/filler") }

  deinit {
    umount2(path, Int32(MNT_DETACH))
    rmdir(path)
  }
}
