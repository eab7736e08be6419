internal import FoundationEssentials
internal import Glibc

/// A path in a directory of its own, which goes with this object.
public final class TemporaryFile: Sendable {
  /// The file; it does not exist yet.
  public let path: String
  /// The directory, made for this object.
  public let directory: String

  /// Makes the directory.
  public init(named name: String = "tactus.db") {
    var template = Array("/tmp/tactus-test-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else {
      fatalError("no temporary directory: \(String(cString: strerror(errno)))")
    }
    directory = String(cString: made)
    path = "\(directory)/\(name)"
  }

  deinit {
    // What cannot be removed is left in the system's temporary directory, which is swept anyway.
    try? FileManager.default.removeItem(atPath: directory)
  }
}
