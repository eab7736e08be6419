internal import Foundation
internal import Glibc

/// A file system that falls silent when it is told to: `Tests/fuse/lab`, which needs root.
///
/// The end of this object is the end of the mount: what waits for it then fails.
public final class SilentMount: Sendable {
  /// Where it is mounted; beside it, in ``above``, its program leaves traces.
  public let directory: String
  /// The directory around it, which goes with this object.
  public let above: String
  private let lab: Laboratory

  /// Mounts it; it answers.
  public init() async throws {
    above = "/tmp/tactus-silent-\(UUID().uuidString.prefix(8))"
    directory = "\(above)/mount"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    // Every user's jobs leave traces in it, and nobody may put another directory in the place of the mount.
    guard chmod(above, 0o1777) == 0 else { throw CocoaError(.fileWriteNoPermission) }
    lab = try await Laboratory("fuse/lab", [directory], litter: above)
  }

  /// From now on nothing is answered.
  public func silence() async throws { try await lab.order("silence") }

  /// Waits until somebody has asked something since.
  public func awaitRequest() async throws { try await lab.order("await") }

  /// Answers everything again, what was asked meanwhile first.
  public func speak() async throws { try await lab.order("speak") }

  /// How often its program has run.
  public var runs: Int {
    let traces = (try? String(contentsOfFile: "\(above)/ran", encoding: .utf8)) ?? ""  // it has not run
    return traces.split(separator: "\n").count
  }
}
