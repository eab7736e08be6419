import Glibc
import TactusLinux
import TactusModel
import TactusRunners
import Testing

/// A directory in a writable v2 hierarchy, for one test.
struct GroupFixture: ~Copyable {
  let directory: ControlGroup
  let process: ProcessFixture

  /// The group in which groups can be created; nil if that is not permitted, and then tests are skipped.
  static let parent: ControlGroup? = {
    guard let own = ControlGroup.own(), access("\(own.path)/cgroup.procs", W_OK) == 0 else { return nil }
    return own
  }()

  init() throws {
    let parent = try #require(Self.parent)
    directory = try parent.makeChild("tactus-test-\(ProcessFixture.newID())")
    process = ProcessFixture(cgroupRoot: directory.path)
  }

  deinit {
    if !directory.remove() { Issue.record("\(directory.path) is not empty after the test") }
  }

  /// Returns the group of an attempt.
  func group(of id: JobID) -> ControlGroup { ControlGroup(at: "\(directory.path)/tactus-\(id)") }
}
