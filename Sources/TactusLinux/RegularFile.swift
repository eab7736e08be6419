import Glibc

/// Files that another user names and that are read as a whole.
public enum RegularFile {
  /// The bytes of a regular file, up to a limit.
  ///
  /// A FIFO is refused instead of waited for.
  ///
  /// - Throws: ``SystemError``, with EFBIG for a larger file.
  public static func bytes(_ path: String, limit: Int) throws(SystemError) -> [UInt8] {
    let bytes = try beginning(of: path, limit: limit + 1)
    guard bytes.count <= limit else { throw SystemError(code: EFBIG, operation: "read", subject: path) }
    return bytes
  }

  /// The first bytes of a regular file, up to a limit.
  ///
  /// A FIFO is refused instead of waited for.
  ///
  /// - Throws: ``SystemError``, also if only a part can be read.
  public static func beginning(of path: String, limit: Int) throws(SystemError) -> [UInt8] {
    let descriptor = try Descriptor.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
    defer { Descriptor.close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw SystemError(code: errno, operation: "access", subject: path)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      let isDirectory = status.st_mode & S_IFMT == S_IFDIR
      let subject = isDirectory ? path : "\(path), which is not a regular file"
      throw SystemError(code: isDirectory ? EISDIR : EINVAL, operation: "read", subject: subject)
    }
    var bytes: [UInt8] = []
    while bytes.count < limit {
      let wanted = min(limit - bytes.count, 64 << 10)
      var failure: Int32?
      let part = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
        switch Descriptor.read(descriptor, into: UnsafeMutableRawBufferPointer(buffer)) {
        case .bytes(let size): count = size
        case .failed(let code): failure = code
        case .end, .wouldBlock: break
        }
      }
      if let failure { throw SystemError(code: failure, operation: "read", subject: path) }
      if part.isEmpty { break }
      bytes += part
    }
    return bytes
  }
}
