import CLinux
import Glibc
import TactusModel

/// The file system of a directory.
public struct FileSystem: Hashable, Sendable {
  /// Bytes that an unprivileged user can still write.
  public var freeBytes: Int64
  /// The total number of bytes.
  public var totalBytes: Int64
  /// How many files can still be created; nil if the file system has no such limit.
  public var freeFiles: Int64?
  /// The kind of file system, as far as it matters.
  public var kind: Kind

  /// The distinctions that matter to a store.
  public enum Kind: Hashable, Sendable {
    /// A local disk, or one that looks like it.
    case local
    /// A file system whose content is lost at a reboot.
    case memory
    /// A file system on which SQLite's write-ahead log does not work.
    case network
  }

  /// Creates a description.
  public init(freeBytes: Int64, totalBytes: Int64, freeFiles: Int64?, kind: Kind) {
    self.freeBytes = freeBytes
    self.totalBytes = totalBytes
    self.freeFiles = freeFiles
    self.kind = kind
  }

  /// The file system of a directory. Source: statfs(2), with its list of types
  public static func under(_ path: String) throws(SystemError) -> FileSystem {
    var status = tactus_file_system()
    _ = try check(tactus_file_system_under(path, &status), "access", path)
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

  /// How long a synced write of 4 KiB to a file in a directory takes: the median of five.
  public static func syncSpan(in directory: String, time: SystemTime) throws(SystemError) -> Duration {
    let path = "\(directory)/.sync-\(getpid())"
    // A file of an earlier daemon with this pid, or a link that somebody created, must not be written to.
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
