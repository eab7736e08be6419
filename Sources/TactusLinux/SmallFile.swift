import Glibc

/// Small files of the kernel, /proc and cgroups, that are read at once.
enum SmallFile {
  /// The bytes of a file, up to a limit; nil if it cannot be read.
  ///
  /// For /proc that usually means that the process is gone.
  static func bytes(_ path: String, limit: Int = 64 << 10) -> [UInt8]? {
    guard let descriptor = try? Descriptor.open(path, O_RDONLY) else { return nil }  // gone, or not ours to read
    return bytes(closing: descriptor, limit: limit)
  }

  /// The bytes of a file in an open directory.
  static func bytes(_ name: String, in directory: Int32, limit: Int = 64 << 10) -> [UInt8]? {
    let descriptor = openat(directory, name, O_RDONLY | O_CLOEXEC)
    return descriptor < 0 ? nil : bytes(closing: descriptor, limit: limit)
  }

  private static func bytes(closing descriptor: Int32, limit: Int) -> [UInt8] {
    defer { Descriptor.close(descriptor) }
    var bytes: [UInt8] = []
    while bytes.count < limit {
      let chunk = [UInt8](unsafeUninitializedCapacity: min(limit - bytes.count, 16 << 10)) { buffer, count in
        if case .bytes(let size) = Descriptor.read(descriptor, into: UnsafeMutableRawBufferPointer(buffer)) {
          count = size
        }
      }
      if chunk.isEmpty { break }
      bytes += chunk
    }
    return bytes
  }

  /// The text of a file.
  ///
  /// Bytes that are not UTF-8 are replaced.
  static func text(_ path: String, limit: Int = 64 << 10) -> String? {
    bytes(path, limit: limit).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Writes a short text to an existing file.
  static func write(_ text: String, to path: String) throws(SystemError) {
    let descriptor = try Descriptor.open(path, O_WRONLY)
    defer { Descriptor.close(descriptor) }
    let size = Glibc.write(descriptor, text, text.utf8.count)
    let code = errno
    guard size == text.utf8.count else { throw SystemError(code: code, operation: "write", subject: path) }
  }
}
