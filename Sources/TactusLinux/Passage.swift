import Glibc

/// The way to a file, through folders and symbolic links.
public enum Passage {
  /// The first folder on the way that is closed; nil if the way is open, or ends where nothing is.
  ///
  /// The folder that the path itself names is not on the way.
  /// - Parameter isOpen: whether somebody may enter a folder, whose path has no link in it. Also asked of what is no folder, or
  ///   is not there: that closes nothing.
  public static func closedFolder(to path: String, isOpen: (_ folder: String) -> Bool) -> String? {
    walk(to: path) { folder, _ in isOpen(folder) }
  }

  /// A step on the way: a folder, and the entry of it that the way goes on to.
  ///
  /// Neither path has a link in it but the entry itself.
  public struct Step: Hashable, Sendable {
    /// The path of the folder.
    public let folder: String
    /// The path of the entry: a folder, a symbolic link, or what the whole path names.
    public let place: String
  }

  /// All steps to what a path names, from the root on: who can change one of them changes what the path names.
  /// - Parameter mayRead: whether an entry that may be a link can be read; what it leads to is left out otherwise.
  public static func steps(to path: String, mayRead: (_ place: String) -> Bool = { _ in true }) -> [Step] {
    var steps: [Step] = []
    _ = walk(to: path, mayRead) { folder, place in
      if let place { steps.append(Step(folder: folder, place: place)) }
      return true
    }
    return steps
  }

  /// Goes from folder to folder, each with the entry to which the way goes on; nil for the way back to a parent.
  ///
  /// - Returns: the folder at which the visit said no; nil if it came to the end.
  private static func walk(
    to path: String, _ mayRead: (_ place: String) -> Bool = { _ in true },
    _ visit: (_ folder: String, _ place: String?) -> Bool
  ) -> String? {
    var rest = parts(of: path)
    var folder = path.hasPrefix("/") ? "/" : currentDirectory
    // As many as Linux follows. Source: path_resolution(7)
    var links = 40
    while !rest.isEmpty {
      let name = rest.removeFirst()
      let place = folder == "/" ? "/\(name)" : "\(folder)/\(name)"
      guard visit(folder, name == ".." ? nil : place) else { return folder }
      if name == ".." {
        // No link is left in it.
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

  /// Where a symbolic link leads; nil for what is none, or is not there.
  private static func target(ofLink path: String) -> String? {
    let bytes = [CChar](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, count in
      count = buffer.baseAddress.map { max(0, readlink(path, $0, buffer.count)) } ?? 0
    }
    return bytes.isEmpty ? nil : String(decoding: bytes.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
