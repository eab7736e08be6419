internal import Foundation
internal import Glibc

/// A file system that stops answering on command.
///
/// `Tests/fuse/lab` serves it and needs root.
///
/// When this object is released, the file system is unmounted, and all waiting requests fail.
public final class SilentMount: Sendable {
  /// The mount point.
  ///
  /// The program on it writes its traces to ``above``.
  public let directory: String
  /// The directory of the mount point, which is removed when this object is released.
  public let above: String
  private let lab: Laboratory

  /// Mounts the file system, which answers at first.
  public init() async throws {
    above = "/tmp/tactus-silent-\(UUID().uuidString.prefix(8))"
    directory = "\(above)/mount"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    // Jobs of all users write traces here, but no user may replace the mount point.
    guard chmod(above, 0o1777) == 0 else { throw CocoaError(.fileWriteNoPermission) }
    lab = try await Laboratory("fuse/lab", [directory], litter: above)
  }

  /// Stops answering from now on.
  public func silence() async throws { try await lab.order("silence") }

  /// Waits for a request since ``silence()``.
  public func awaitRequest() async throws { try await lab.order("await") }

  /// Answers the waiting requests, then all further ones.
  public func speak() async throws { try await lab.order("speak") }

  /// The number of times that the program on the mount has run.
  public var runs: Int {
    let traces = (try? String(contentsOfFile: "\(above)/ran", encoding: .utf8)) ?? ""  // missing before the first run
    return traces.split(separator: "\n").count
  }
}
