import Glibc
import TactusHTTP
import TactusLinux
import TactusTestSupport
import Testing

// Descriptors belong to a whole process, so this test runs in a separate one.
@Suite(.timeLimit(.minutes(5)))
struct ShortageTests {
  @Test("Without descriptors the endpoint is not blamed, and later requests succeed again")
  func descriptors() async {
    await #expect(processExitsWith: .success) {
      let client = EngineUnderTest()
      let server = LoopbackServer { connection in
        while connection.request() != nil { connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") }
      }
      #expect(try await client.get(server.url()).status == 200)

      var limit = rlimit(rlim_cur: 128, rlim_max: 128)
      #expect(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
      var hoard: [Int32] = []
      // Until the limit is reached, which is the error.
      while let descriptor = try? Descriptor.open("/dev/null", O_RDONLY) { hoard.append(descriptor) }
      for url in [server.url(), "http://name.invalid/"] {
        var request = try HTTPRequest(url)
        request.startsAfresh = true
        let failure = try await client.failure(of: request)
        #expect(failure.cause == .local)
        #expect(failure.sentence.hasPrefix("this host could not send the request: "))
      }
      for descriptor in hoard { Descriptor.close(descriptor) }
      var request = try HTTPRequest(server.url())
      request.startsAfresh = true
      #expect(try await client.send(request).get().status == 200)
    }
  }
}
