import Foundation
import Glibc
import TactusTestSupport

/// A separate ext4 file system on a loop device.
///
/// Once it is frozen, all writes block, as on a disk that hangs.
final class StalledDisk: Sendable {
  private let image: TemporaryFile
  private let mountPoint: String

  /// True if the tests run as root and loop devices exist.
  ///
  /// Fails in CI otherwise, where no test may be skipped.
  static let isPossible: Bool = {
    guard Laboratory.isPossible else { return false }
    if access("/dev/loop-control", R_OK | W_OK) == 0 { return true }
    if ProcessInfo.processInfo.environment["CI"] == "true" { fatalError("a frozen disk needs loop devices") }
    print("SKIPPED: a frozen disk needs loop devices")
    return false
  }()

  /// Creates a file system and mounts it on a directory, which is created if it is missing.
  init(at mountPoint: String) async throws {
    image = TemporaryFile(named: "disk")
    self.mountPoint = mountPoint
    try FileManager.default.createDirectory(atPath: mountPoint, withIntermediateDirectories: true)
    try await Self.run("/usr/bin/truncate", "--size=64M", image.path)
    try await Self.run("/usr/sbin/mkfs.ext4", "-q", image.path)
    try await Self.run("/usr/bin/mount", "-o", "loop", image.path, mountPoint)
  }

  deinit {
    // A frozen file system would block its processes and the next test forever.
    _ = Self.thaw(mountPoint)
    umount2(mountPoint, Int32(MNT_DETACH))
  }

  /// Blocks writes from now on.
  func freeze() async throws { try await Self.run("/usr/sbin/fsfreeze", "--freeze", mountPoint) }

  /// Lets writes continue.
  func thaw() throws {
    guard Self.thaw(mountPoint) else { throw Laboratory.Failed("\(mountPoint) stays frozen: errno \(errno)") }
  }

  /// `FITHAW` of linux/fs.h, a macro that Swift does not import.
  private static let fithaw: UInt = 0xC004_5878

  private static func thaw(_ mountPoint: String) -> Bool {
    let directory = open(mountPoint, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard directory >= 0 else { return false }
    defer { close(directory) }
    return ioctl(directory, fithaw, 0) == 0
  }

  private static func run(_ path: String, _ arguments: String...) async throws {
    let ran = try await Program(path: path, environment: Program.baseEnvironment).run(arguments)
    guard ran.code == 0 else { throw Laboratory.Failed("\(path) \(arguments): \(ran.complaints)") }
  }
}
