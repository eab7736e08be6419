internal import FoundationEssentials
internal import Glibc

/// The way to a file, through folders and symbolic links, as the effective user may go it.
enum Passage {
  /// The first folder on the way that this user may not enter; nil if the way is open, or ends where nothing is.
  ///
  /// The folder that the path itself names is not on the way.
  static func closedFolder(to path: String) -> String? {
    var rest = parts(of: path)
    var folder = path.hasPrefix("/") ? "/" : FileManager.default.currentDirectoryPath
    // As many as Linux follows. Source: path_resolution(7)
    var links = 40
    while !rest.isEmpty {
      guard faccessat(AT_FDCWD, folder, X_OK, AT_EACCESS) == 0 else { return errno == EACCES ? folder : nil }
      let name = rest.removeFirst()
      if name == ".." {
        // No link is left in it.
        folder = "/" + parts(of: folder).dropLast().joined(separator: "/")
        continue
      }
      let place = folder == "/" ? "/\(name)" : "\(folder)/\(name)"
      // Where that fails it is no link, or not there.
      guard links > 0, let target = try? FileManager.default.destinationOfSymbolicLink(atPath: place) else {
        folder = place
        continue
      }
      links -= 1
      rest = parts(of: target) + rest
      if target.hasPrefix("/") { folder = "/" }
    }
    return nil
  }

  private static func parts(of path: String) -> [String] {
    path.split(separator: "/").map(String.init).filter { $0 != "." }
  }
}
