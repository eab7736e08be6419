import Foundation
import Glibc
import TactusModel
import TactusProtocol
import TactusTestSupport
import Testing

/// A name server that receives every query and answers none.
@Suite("Name servers that do not answer", .enabled(if: Laboratory.isPossible))
struct DeadResolverTests {
  private static let names = 200

  @Test("The daemon limits hanging look-ups, and they do not delay other heartbeats")
  func bounded() async throws {
    let resolver = try SilentResolver()
    let server = LoopbackServer { connection in
      if connection.request() != nil { connection.answer("200 OK") }
    }
    var workflows = [
      "literal": "[Heartbeat]\nEndpoint=\(server.url())\n",
      "hosts": "[Heartbeat]\nEndpoint=http://box.example:\(server.port)/\n",
    ]
    for number in 0..<Self.names {
      workflows["dead-\(number)"] =
        "[Workflow]\nOverlap=allow\n[Schedule]\nInterval=1s\n[Heartbeat]\nEndpoint=http://dead-\(number).example/\n"
        + "Timeout=900ms\n"
    }
    // The daemon gets its own resolv.conf and hosts, in its own mount namespace.
    let mount = ["resolv.conf", "hosts"].map { "mount --bind \"$CONFIGURATION_DIRECTORY/\($0)\" /etc/\($0)" }
    let daemon = try RunningDaemon(
      notStartedWith: workflows,
      launcher: [
        "/usr/bin/unshare", "--mount", "/bin/sh", "-c", "\(mount.joined(separator: " && ")) && exec \"$@\"", "sh",
      ])
    try daemon.write("etc/resolv.conf", "nameserver \(resolver.address)\n")
    try daemon.write("etc/hosts", "127.0.0.1 localhost box.example\n")
    try await daemon.start()
    let late = try await daemon.jobs("dead-\(Self.names - 1)", .failed, atLeast: 3)
    #expect(late.allSatisfy { $0.errorCode == .providerTimeout })
    #expect(
      late.allSatisfy { $0.errorMessage?.hasPrefix("exceeded its time-out: the name dead-") == true },
      "\(late.map(\.errorMessage))")
    let process = try #require(daemon.processID)
    let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task").count
    #expect(threads < 150)
    #expect(try await daemon.outcome(of: "literal").status == .completed)
    #expect(try await daemon.outcome(of: "hosts").status == .completed)
    server.stop()
    #expect(try await daemon.stop() == 0)
  }
}

/// A socket at port 53 of a loopback address, which no process reads.
private final class SilentResolver {
  let address: String
  private let descriptor: Int32

  struct Failed: Error { let code: Int32 }

  init() throws {
    address = "127.\(Int.random(in: 64..<128)).\(Int.random(in: 0..<256)).\(Int.random(in: 1..<255))"
    descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_addr.s_addr = inet_addr(address)
    place.sin_port = in_port_t(53).bigEndian
    let code = withUnsafePointer(to: &place) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 ? 0 : errno
      }
    }
    guard code == 0 else { throw Failed(code: code) }
  }

  deinit { close(descriptor) }
}
