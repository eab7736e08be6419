import Foundation
import TactusHTTP
import TactusLinux
import TactusModel
import TactusTestSupport
import Testing

@Suite(
  .timeLimit(.minutes(5)),
  .enabled(if: FileManager.default.isExecutableFile(atPath: TLSServer.openssl), "openssl(1) is not installed"))
struct TLSTests {
  @Test("A self-signed certificate is refused with the reason")
  func untrusted() async throws {
    let server = try TLSServer()
    let client = EngineUnderTest()
    let failure = try await client.failure(of: HTTPRequest("https://127.0.0.1:\(server.port)/"))
    #expect(failure.cause == .tls)
    #expect(failure.sentence.hasPrefix("no TLS session with 127.0.0.1:\(server.port): "))
    #expect(failure.sentence.contains("certificate"))
    #expect(failure.sentence.contains("self-signed") || failure.sentence.contains("self signed"))
  }

  @Test("A certificate for another name is refused with the name")
  func otherName() async throws {
    let server = try TLSServer()
    let client = EngineUnderTest(authorities: server.certificate)
    let failure = try await client.failure(of: HTTPRequest("https://localhost:\(server.port)/"))
    #expect(failure.cause == .tls)
    #expect(failure.sentence.contains("localhost"))
  }

  @Test("A trusted certificate has its expiry, and the handshake its duration")
  func trusted() async throws {
    let server = try TLSServer(days: 30)
    let client = EngineUnderTest(authorities: server.certificate)
    let response = try await client.get("https://127.0.0.1:\(server.port)/")
    #expect(response.status == 200)
    #expect(response.timings.tls >= response.timings.connect)
    let expiry = try #require(response.timings.certificateExpiresAt)
    let left = expiry - SystemTime().now
    #expect(left > .seconds(29 * 86_400) && left <= .seconds(30 * 86_400))
  }

  @Test("A server without TLS is reported if TLS was asked for")
  func plainServer() async throws {
    let server = try TLSServer(isEncrypted: false)
    let client = EngineUnderTest()
    let failure = try await client.failure(of: HTTPRequest("https://127.0.0.1:\(server.port)/"))
    #expect(failure.cause == .tls)
  }
}

/// `openssl s_server` on 127.0.0.1 with a self-signed certificate.
final class TLSServer {
  static let openssl = "/usr/bin/openssl"
  let port: Int
  let certificate: String
  private let directory: URL
  private let process: Process?
  private let plain: LoopbackServer?

  struct Failed: Error { let arguments: [String] }

  init(days: Int = 2, isEncrypted: Bool = true) throws {
    directory = FileManager.default.temporaryDirectory.appending(path: "tactus-tls-\(UUID().uuidString)")
    certificate = directory.appending(path: "certificate.pem").path
    guard isEncrypted else {
      let plain = LoopbackServer { connection in
        connection.send("SSH-2.0-OpenSSH_9.2\r\n")
        connection.waitForEnd()
      }
      (self.plain, process, port) = (plain, nil, plain.port)
      return
    }
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    let key = directory.appending(path: "key.pem").path
    let making = try Self.start([
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out",
      certificate, "-days", "\(days)", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
    ])
    making.process.waitUntilExit()
    let serving = try Self.start(["s_server", "-accept", "127.0.0.1:0", "-cert", certificate, "-key", key, "-www"])
    var said = ""
    // It prints `ACCEPT 127.0.0.1:PORT` as soon as it listens.
    while !said.contains("ACCEPT ") || !said.hasSuffix("\n") {
      let bytes = serving.output.fileHandleForReading.some()
      guard !bytes.isEmpty else { throw Failed(arguments: serving.process.arguments ?? []) }
      said += String(decoding: bytes, as: UTF8.self)
    }
    let digits = said.split(separator: ":").last?.prefix { $0.isNumber } ?? ""
    guard let port = Int(digits) else { throw Failed(arguments: serving.process.arguments ?? []) }
    (self.port, process, plain) = (port, serving.process, nil)
  }

  deinit {
    // KILL, because it inherits the signal mask of a thread that blocks TERM.
    if let process { kill(process.processIdentifier, SIGKILL) }
    // A plain server has no directory.
    try? FileManager.default.removeItem(at: directory)
  }

  private static func start(_ arguments: [String]) throws -> (process: Process, output: Pipe) {
    let (process, output) = (Process(), Pipe())
    process.executableURL = URL(filePath: openssl)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    return (process, output)
  }
}
