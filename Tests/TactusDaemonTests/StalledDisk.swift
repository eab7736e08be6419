import Foundation
import Glibc
import TactusTestSupport

/// An ext4 file system of its own on a loop device, which can be frozen: every write to it then waits, as on a disk that hangs.
final class StalledDisk: Sendable {
  private let image: TemporaryFile
  private let mountPoint: String

  /// Whether one can be made here: root, and a loop device.
  ///
  /// Where nothing may be skipped, its absence is a failure.
  static let isPossible: Bool = {
    guard Laboratory.isPossible else { return false }
    if access("/dev/loop-control", R_OK | W_OK) == 0 { return true }
    if ProcessInfo.processInfo.environment["CI"] == "true" { fatalError("a frozen disk needs loop devices") }
    print("SKIPPED: a frozen disk needs loop devices")
    return false
  }()

  /// Makes one and mounts it on a directory, which is made if it is missing.
  init(at mountPoint: String) async throws {
    image = TemporaryFile(named: "disk")
    self.mountPoint = mountPoint
    try FileManager.default.createDirectory(atPath: mountPoint, withIntermediateDirectories: true)
    try await Self.run("/usr/bin/truncate", "--size=64M", image.path)
    try await Self.run("/usr/sbin/mkfs.ext4", "-q", image.path)
    try await Self.run("/usr/bin/mount", "-o", "loop", image.path, mountPoint)
  }

  deinit {
    // A frozen file system would keep its processes, and the next test, for good.
    _ = Self.thaw(mountPoint)
    umount2(mountPoint, Int32(MNT_DETACH))
  }

  /// Lets writes wait from now on.
  func freeze() async throws { try await Self.run("/usr/sbin/fsfreeze", "--freeze", mountPoint) }

  /// Lets them go on.
  func thaw() throws {
    guard Self.thaw(mountPoint) else { throw Laboratory.Failed("\(mountPoint) stays frozen: errno \(errno)") }
  }

  /// `FITHAW` of linux/fs.h, which the C importer does not know.
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
