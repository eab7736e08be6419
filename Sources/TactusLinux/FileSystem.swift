import CLinux
import Glibc
import TactusModel

/// What a directory lies on.
public struct FileSystem: Hashable, Sendable {
  /// Bytes that an unprivileged user can still write.
  public var freeBytes: Int64
  /// Bytes altogether.
  public var totalBytes: Int64
  /// Files that can still be made; nil where there is no such number.
  public var freeFiles: Int64?
  /// What it is, as far as it matters.
  public var kind: Kind

  /// What matters to a store.
  public enum Kind: Hashable, Sendable {
    /// A local disk, or what looks like one.
    case local
    /// It is gone after a reboot.
    case memory
    /// SQLite's write-ahead log does not work there.
    case network
  }

  /// Puts one together.
  public init(freeBytes: Int64, totalBytes: Int64, freeFiles: Int64?, kind: Kind) {
    self.freeBytes = freeBytes
    self.totalBytes = totalBytes
    self.freeFiles = freeFiles
    self.kind = kind
  }

  /// What a directory lies on. Source: statfs(2), with its list of types
  public static func under(_ path: String) throws(SystemError) -> FileSystem {
    var status = tactus_file_system()
    _ = try check(tactus_file_system_under(path, &status), "look at", path)
    let kind: Kind =
      switch status.type {
      case 0x0102_1994, 0x8584_58F6: .memory  // tmpfs, ramfs
      // NFS, CIFS, SMB2, 9P, AFS, Ceph
      case 0x6969, 0xFF53_4D42, 0xFE53_4D42, 0x0102_1997, 0x5346_414F, 0x00C3_6400: .network
      default: .local
      }
    return FileSystem(
      freeBytes: Int64(clamping: status.free_bytes), totalBytes: Int64(clamping: status.total_bytes),
      freeFiles: status.files == 0 ? nil : Int64(clamping: status.free_files), kind: kind)
  }

  /// How long a write of 4 KiB to a file in a directory takes until it is on the disk: the middle one of five.
  public static func syncSpan(in directory: String, time: SystemTime) throws(SystemError) -> Duration {
    let path = "\(directory)/.sync-\(getpid())"
    // What an earlier daemon of this process id left, or a link that somebody made, is not written to.
    unlink(path)
    let descriptor = try Descriptor.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
    defer {
      Descriptor.close(descriptor)
      unlink(path)
    }
    var spans: [Duration] = []
    for number in 0..<5 {
      let block = [UInt8](repeating: UInt8(number), count: 4096)
      let began = time.monotonic
      guard pwrite(descriptor, block, block.count, number * block.count) == block.count, fdatasync(descriptor) == 0
      else {
        throw SystemError(code: errno, operation: "write", subject: path)
      }
      spans.append(time.monotonic - began)
    }
    return spans.sorted()[2]
  }
}
