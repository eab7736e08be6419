internal import Foundation
internal import Glibc
internal import TactusLinux

/// A FUSE file system that takes every request and answers none, so that who looks into it sleeps uninterruptibly once it is killed.
///
/// Needs root and /dev/fuse. It ends, and lets its callers go, with ``answer()`` or with this object.
public final class SilentFileSystem: Sendable {
  /// Where it is mounted: `path/file` is what nobody gets an answer about.
  public let path: String
  private let home = TemporaryFile(named: "silent")
  private let server: ProcessHandle

  /// Whether such a file system can be made here.
  public static var isPossible: Bool { geteuid() == 0 && access("/dev/fuse", R_OK | W_OK) == 0 }

  /// The protocol by hand, because libfuse answers by itself what it can: INIT is answered, and all else is only read.
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

  /// Mounts one, and returns when it is there.
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

  /// Ends it: every request fails.
  public func answer() {
    // Its server held the only descriptor of the connection.
    server.send(.kill)
    umount2(path, Int32(MNT_DETACH))
  }
}
