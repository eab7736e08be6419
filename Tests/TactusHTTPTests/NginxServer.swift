import Foundation
import Glibc
import TactusTestSupport

/// nginx on 127.0.0.1 with TLS, once with HTTP/2 and once without; `/lines/N` and `/line/N` answer with N KiB of
/// header.
final class NginxServer: Sendable {
  static let program = "/usr/sbin/nginx"
  /// Whether nginx is installed; `scripts/setup` installs it.
  static let isInstalled = FileManager.default.isExecutableFile(atPath: program)

  /// The sizes of its headers, in KiB.
  static let sizes = [1, 2, 4, 8, 16, 32, 64]
  /// A size that libcurl refuses over HTTP/2, in KiB.
  static let excess = 140
  /// The base URLs for HTTP/2, HTTP/1.1 over TLS, and HTTP/1.1.
  let bases: [String]
  /// The path of its certificate.
  let certificate: String

  private let directory: URL
  private let process: Process
  private let held: [(descriptor: Int32, number: Int)]

  /// nginx or openssl did not start.
  struct Failed: Error, CustomStringConvertible { let description: String }

  init() throws {
    directory = FileManager.default.temporaryDirectory.appending(path: "tactus-nginx-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    certificate = directory.appending(path: "certificate.pem").path
    let key = directory.appending(path: "key.pem").path
    let making = try Self.start(
      "/usr/bin/openssl",
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out",
        certificate, "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
      ])
    making.process.waitUntilExit()
    held = try (0..<3).map { _ in try Self.heldPort() }
    let ports = held.map(\.number)
    bases = ["https", "https", "http"].enumerated().map { "\($1)://127.0.0.1:\(ports[$0])" }
    let file = directory.appending(path: "nginx.conf")
    try Self.configuration(directory.path, ports).write(to: file, atomically: true, encoding: .utf8)
    let serving = try Self.start(Self.program, ["-e", "stderr", "-c", file.path])
    process = serving.process
    var said = ""
    // It prints the name of the system as soon as it listens.
    while !said.contains("OS: ") {
      let bytes = serving.complaints.fileHandleForReading.some()
      guard !bytes.isEmpty else { throw Failed(description: "nginx ended: \(said)") }
      said += String(decoding: bytes, as: UTF8.self)
    }
  }

  deinit {
    // KILL, because it inherits the signal mask of a thread that blocks TERM.
    kill(process.processIdentifier, SIGKILL)
    for port in held { close(port.descriptor) }
    // If it cannot be removed, the sweep of the temporary directory removes it.
    try? FileManager.default.removeItem(at: directory)
  }

  private static func configuration(_ directory: String, _ ports: [Int]) -> String {
    let kilobyte = String(repeating: "x", count: 1000)
    let places = (sizes + [excess]).map { size in
      let lines = (0..<size).map { "add_header X-Pad-\($0) \(kilobyte);" }.joined(separator: "\n")
      let line = String(repeating: "${kilobyte}", count: size)
      return "location = /lines/\(size) { \(lines)\n return 200 \"all is well\"; }\n"
        + "location = /line/\(size) { add_header X-Pad \"\(line)\"; return 200 \"all is well\"; }"
    }
    let folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path \(directory)/\($0);" }
    return """
      daemon off; master_process off; pid \(directory)/pid; error_log stderr notice;
      events { worker_connections 1000; }
      http {
        access_log off; \(folders.joined(separator: " "))
        server {
          listen 127.0.0.1:\(ports[0]) reuseport ssl http2;
          listen 127.0.0.1:\(ports[1]) reuseport ssl;
          listen 127.0.0.1:\(ports[2]) reuseport;
          ssl_certificate \(directory)/certificate.pem; ssl_certificate_key \(directory)/key.pem;
          set $kilobyte \(kilobyte);
          location / { return 200 "all is well"; }
          \(places.joined(separator: "\n"))
        }
      }
      """
  }

  /// Returns a free port, which nginx cannot choose itself, and the socket that keeps it free.
  ///
  /// The socket stays bound and never listens, so that nobody else is given the port; `reuseport` lets nginx have it.
  private static func heldPort() throws -> (descriptor: Int32, number: Int) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var (address, isShared) = (sockaddr_in(), Int32(1))
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let length = size
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &isShared, socklen_t(MemoryLayout<Int32>.size))
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &size) == 0
      }
    }
    guard isBound else { throw Failed(description: "no free port") }
    return (descriptor, Int(in_port_t(bigEndian: address.sin_port)))
  }

  private static func start(_ program: String, _ arguments: [String]) throws -> (process: Process, complaints: Pipe) {
    let (process, complaints) = (Process(), Pipe())
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = complaints
    try process.run()
    return (process, complaints)
  }
}
