import Glibc
import TactusLinux
import TactusTestSupport
import Testing

@Suite("Files that users name")
struct RegularFileTests {
  @Test("A file of the size limit is read whole, a larger one is refused, and its beginning can be read")
  func limits() throws {
    let file = TemporaryFile()
    let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
    let descriptor = try Descriptor.open(file.path, O_WRONLY | O_CREAT, mode: 0o600)
    #expect(write(descriptor, bytes, bytes.count) == bytes.count)
    Descriptor.close(descriptor)
    #expect(try RegularFile.bytes(file.path, limit: bytes.count) == bytes)
    #expect(throws: SystemError(code: EFBIG, operation: "read", subject: file.path)) {
      try RegularFile.bytes(file.path, limit: bytes.count - 1)
    }
    #expect(try RegularFile.beginning(of: file.path, limit: 100_000) == Array(bytes[..<100_000]))
    #expect(try RegularFile.beginning(of: file.path, limit: 300_000) == bytes)
  }

  @Test(
    "A path that is not a regular file is refused without waiting, and a read error is not taken for the end"
  )
  func refusals() throws {
    let file = TemporaryFile()
    mkfifo(file.path, 0o600)
    let memory = "/proc/self/mem"  // a regular file whose first page is never mapped
    let expected = [
      (file.path, SystemError(code: EINVAL, operation: "read", subject: "\(file.path), which is not a regular file")),
      (file.directory, SystemError(code: EISDIR, operation: "read", subject: file.directory)),
      ("\(file.directory)/none", SystemError(code: ENOENT, operation: "open", subject: "\(file.directory)/none")),
      (memory, SystemError(code: EIO, operation: "read", subject: memory)),
    ]
    for (path, error) in expected {
      #expect(throws: error) { try RegularFile.beginning(of: path, limit: 10) }
      #expect(throws: error) { try RegularFile.bytes(path, limit: 10) }
    }
  }
}
