internal import Glibc
internal import TactusLinux

/// Lists folders of the configuration.
enum Files {
  /// The names in a folder, unsorted, without `.` and `..`.
  static func list(_ folder: String) -> Result<[String], SystemError> {
    guard let stream = opendir(folder) else {
      return .failure(SystemError(code: errno, operation: "open", subject: folder))
    }
    defer { closedir(stream) }
    var names: [String] = []
    errno = 0
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
      errno = 0
    }
    let code = errno
    return code == 0 ? .success(names) : .failure(SystemError(code: code, operation: "list", subject: folder))
  }
}
