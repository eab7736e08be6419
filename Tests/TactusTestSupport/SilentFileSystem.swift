internal import Foundation
internal import Glibc
internal import TactusLinux

/// A FUSE file system that reads every request and answers none.
///
/// A process that accesses it cannot be killed.
///
/// It needs root and /dev/fuse. All requests fail after ``answer()``, or when this object is released.
public final class SilentFileSystem: Sendable {
  /// The mount point.
  ///
  /// A look-up of `path/file` is never answered.
  public let path: String
  private let home = TemporaryFile(named: "silent")
  private let server: ProcessHandle

  /// True if the tests run as root and can open /dev/fuse.
  public static var isPossible: Bool { geteuid() == 0 && access("/dev/fuse", R_OK | W_OK) == 0 }

  /// The server: it answers INIT and only reads all other requests, some of which libfuse would answer itself.
  private static let program = """
    import ctypes, os, struct, sys
    device = os.open("/dev/fuse", os.O_RDWR)
    libc = ctypes.CDLL(None, use_errno=True)
    options = "fd=%d,rootmode=40000,user_id=0,group_id=0" % device
    if libc.mount(b"silent", sys.argv[1].encode(), b"fuse", 6, options.encode()) != 0:
        sys.exit(os.strerror(ctypes.get_errno()))
    while True:
        request = os.read(device, 1 << 18)
        opcode, unique = struct.unpack_from("<IQ", request, 4)
        if opcode == 26:
            body = struct.pack("<IIIIHHIIHHI", 7, 31, 65536, 0, 12, 10, 65536, 1, 1, 0, 0) + bytes(28)
            os.write(device, struct.pack("<IiQ", 16 + len(body), 0, unique) + body)
            print("mounted", flush=True)
    """

  /// Mounts a file system, and returns when it is mounted.
  public init() async throws {
    path = "\(home.directory)/mount"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let (read, write) = try Descriptor.pipe()
    let null = try Descriptor.open("/dev/null", O_RDWR)
    defer { for descriptor in [read, write, null] { Descriptor.close(descriptor) } }
    server = try ProcessHandle(
      of: Spawner.spawn(
        Spawner.Order(
          arguments: ["/usr/bin/python3", "-c", Self.program, path], environment: [], directory: "/", input: null,
          output: write, error: 2)))
    _ = try await blocking("a file system is mounted") {
      var byte: UInt8 = 0
      return Glibc.read(read, &byte, 1)
    }
  }

  deinit {
    answer()
    var entry = pollfd(fd: server.descriptor, events: Int16(POLLIN), revents: 0)
    if poll(&entry, 1, 10_000) == 1 { _ = server.reap() }
    server.close()
  }

  /// Ends the file system, so that every request fails.
  public func answer() {
    // The server has the only descriptor of the connection.
    server.send(.kill)
    umount2(path, Int32(MNT_DETACH))
  }
}
