import Glibc

/// The path to a file, followed through folders and symbolic links.
public enum Passage {
  /// The first closed folder on the way to a path; nil if the way is open or ends at a missing entry.
  ///
  /// The folder that the path itself names is not on the way.
  ///
  /// - Parameter isOpen: whether a folder may be entered. Its path has no links. It is also called for entries that are
  ///   missing or not folders, which are never closed.
  public static func closedFolder(to path: String, isOpen: (_ folder: String) -> Bool) -> String? {
    walk(to: path) { folder, _ in isOpen(folder) }
  }

  /// A step on the way: a folder and the next entry in it.
  ///
  /// Neither path contains a link, except that the entry may be one.
  public struct Step: Hashable, Sendable {
    /// The path of the folder.
    public let folder: String
    /// The path of the entry: a folder, a symbolic link, or the target of the whole path.
    public let place: String
  }

  /// All steps to a path's target, from the root on.
  ///
  /// A user who can change one of them controls the target.
  ///
  /// - Parameter mayRead: whether an entry that may be a link can be read. If not, its target is left out.
  public static func steps(to path: String, mayRead: (_ place: String) -> Bool = { _ in true }) -> [Step] {
    var steps: [Step] = []
    _ = walk(to: path, mayRead) { folder, place in
      if let place { steps.append(Step(folder: folder, place: place)) }
      return true
    }
    return steps
  }

  /// Visits each folder on the way with the entry that comes next, or with nil on the way back to a parent.
  ///
  /// - Returns: the folder whose visit returned false; nil if the walk reached the end.
  private static func walk(
    to path: String, _ mayRead: (_ place: String) -> Bool = { _ in true },
    _ visit: (_ folder: String, _ place: String?) -> Bool
  ) -> String? {
    var rest = parts(of: path)
    var folder = path.hasPrefix("/") ? "/" : currentDirectory
    // The number of links that Linux follows. Source: path_resolution(7)
    var links = 40
    while !rest.isEmpty {
      let name = rest.removeFirst()
      let place = folder == "/" ? "/\(name)" : "\(folder)/\(name)"
      guard visit(folder, name == ".." ? nil : place) else { return folder }
      if name == ".." {
        // Its path no longer contains links.
        folder = "/" + parts(of: folder).dropLast().joined(separator: "/")
        continue
      }
      guard links > 0, mayRead(place), let target = target(ofLink: place) else {
        folder = place
        continue
      }
      links -= 1
      rest = parts(of: target) + rest
      if target.hasPrefix("/") { folder = "/" }
    }
    return nil
  }

  private static var currentDirectory: String {
    guard let path = getcwd(nil, 0) else { return "/" }
    defer { free(path) }
    return String(cString: path)
  }

  private static func parts(of path: String) -> [String] {
    path.split(separator: "/").map(String.init).filter { $0 != "." }
  }

  /// The target of a symbolic link; nil for other files and missing ones.
  private static func target(ofLink path: String) -> String? {
    let bytes = [CChar](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, count in
      count = buffer.baseAddress.map { max(0, readlink(path, $0, buffer.count)) } ?? 0
    }
    return bytes.isEmpty ? nil : String(decoding: bytes.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
