internal import FoundationEssentials
internal import Glibc

/// A path in a new temporary directory, which is removed when this object is released.
public final class TemporaryFile: Sendable {
  /// The path of the file, which does not exist at first.
  public let path: String
  /// The directory, created for this object.
  public let directory: String

  /// Creates the directory.
  public init(named name: String = "tactus.db") {
    var template = Array("/tmp/tactus-test-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else {
      fatalError("no temporary directory: \(String(cString: strerror(errno)))")
    }
    directory = String(cString: made)
    path = "\(directory)/\(name)"
  }

  deinit {
    // A directory that cannot be removed stays in /tmp, which the system cleans up.
    try? FileManager.default.removeItem(atPath: directory)
  }
}
