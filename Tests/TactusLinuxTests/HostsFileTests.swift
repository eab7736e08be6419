import Foundation
import TactusLinux
import TactusTestSupport
import Testing

struct HostsFileTests {
  @Test("Names and aliases of a hosts file are found in upper and lower case, and changes are noticed")
  func names() throws {
    let file = TemporaryFile(named: "hosts")
    var hosts = HostsFile(path: file.path)
    #expect([hosts.contains("box")] == [false])
    try "127.0.0.1\tlocalhost Box # other\n#192.0.2.1 commented\n192.0.2.2 far.example far\n"
      .write(toFile: file.path, atomically: true, encoding: .utf8)
    let names = ["localhost", "box", "BOX", "far.example", "far", "other", "commented", "192.0.2.2", ""]
    #expect(names.filter { hosts.contains($0) } == ["localhost", "box", "BOX", "far.example", "far"])
    try "192.0.2.2 near\n".write(toFile: file.path, atomically: true, encoding: .utf8)
    #expect(names.filter { hosts.contains($0) }.isEmpty)
    #expect([hosts.contains("near")] == [true])
  }
}
