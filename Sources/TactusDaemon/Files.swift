internal import Glibc
internal import TactusLinux

/// Folders and files as the configuration needs them.
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

  /// Whether a path names anything, or that cannot be known.
  static func mayExist(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 || (errno != ENOENT && errno != ENOTDIR)
  }

  /// The bytes of a regular file, up to a limit.
  static func bytes(_ path: String, limit: Int) -> Result<[UInt8], SystemError> {
    do throws(SystemError) {
      // Without O_NONBLOCK a FIFO of that name would hang the reload.
      let descriptor = try Descriptor.open(path, O_RDONLY | O_NONBLOCK)
      defer { Descriptor.close(descriptor) }
      var status = stat()
      guard fstat(descriptor, &status) == 0 else {
        return .failure(SystemError(code: errno, operation: "look at", subject: path))
      }
      guard status.st_mode & S_IFMT == S_IFREG else {
        return .failure(
          status.st_mode & S_IFMT == S_IFDIR
            ? SystemError(code: EISDIR, operation: "read", subject: path)
            : SystemError(code: EINVAL, operation: "read", subject: "\(path), which is no regular file"))
      }
      var bytes: [UInt8] = []
      while bytes.count < limit {
        let wanted = min(limit - bytes.count, 64 << 10)
        let part = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
          if case .bytes(let size) = Descriptor.read(descriptor, into: UnsafeMutableRawBufferPointer(buffer)) {
            count = size
          }
        }
        if part.isEmpty { break }
        bytes += part
      }
      return .success(bytes)
    } catch {
      return .failure(error)
    }
  }
}
