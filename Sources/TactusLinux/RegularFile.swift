import Glibc

/// Files that somebody else names, and that are read whole.
public enum RegularFile {
  /// The bytes of a regular file of at most so many; a FIFO of that name is refused, rather than waited for.
  ///
  /// - Parameter account: whose rights to files it takes; nil for our own.
  /// - Throws: ``SystemError``; EFBIG for a file that is larger.
  public static func bytes(_ path: String, limit: Int, as account: Account? = nil) throws(SystemError) -> [UInt8] {
    let bytes = try beginning(of: path, limit: limit + 1, as: account)
    guard bytes.count <= limit else { throw SystemError(code: EFBIG, operation: "read", subject: path) }
    return bytes
  }

  /// The first bytes of a regular file, up to a limit; a FIFO of that name is refused, rather than waited for.
  ///
  /// - Throws: ``SystemError``; also where not all of it can be read.
  public static func beginning(
    of path: String, limit: Int, as account: Account? = nil
  ) throws(SystemError) -> [UInt8] {
    let flags = O_RDONLY | O_NONBLOCK | O_NOCTTY
    let descriptor =
      if let account { try account.open(path, flags) } else { try Descriptor.open(path, flags) }
    defer { Descriptor.close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw SystemError(code: errno, operation: "look at", subject: path)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      let isDirectory = status.st_mode & S_IFMT == S_IFDIR
      let subject = isDirectory ? path : "\(path), which is no regular file"
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
