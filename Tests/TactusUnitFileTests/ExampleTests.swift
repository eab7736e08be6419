import Foundation
import TactusModel
import TactusUnitFile
import Testing

/// Checks the example files that Tactus ships.
struct ExampleTests {
  private static let etc = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "etc")

  private func example(_ file: String) throws -> Definition {
    let name = try WorkflowFile.name(ofFile: file).get()
    let bytes = try Data(contentsOf: Self.etc.appending(path: "workflows").appending(path: file))
    return try WorkflowFile.read(Array(bytes), name: name, file: file, queues: .builtIn).get()
  }

  @Test("Every shipped example workflow is valid")
  func shipped() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.etc.appending(path: "workflows").path)
    #expect(files.sorted() == ["broken.workflow", "slow.workflow", "tick.workflow", "web.workflow"])
    for file in files { _ = try example(file) }
  }

  @Test("The examples have the values that the demonstration relies on")
  func contents() throws {
    let tick = try example("tick.workflow")
    #expect(tick.work == .command(Command(arguments: ["/bin/sh", "-c", "echo tick; date -u"])))
    #expect(tick.schedule == Schedule(interval: .seconds(2)))
    #expect(tick.policies.overlap == .queue)
    let web = try example("web.workflow")
    #expect(
      web.work == .heartbeat(Heartbeat(endpoint: "http://127.0.0.1:8817/health", timeout: .seconds(2))))
    #expect(web.schedule == Schedule(interval: .seconds(3)))
    #expect(web.policies.maxConsecutiveFailures == nil)
    let slow = try example("slow.workflow")
    #expect(slow.work.timeout == .seconds(1))
    #expect(slow.policies.maxConsecutiveFailures == nil)
    #expect(try example("broken.workflow").policies.maxConsecutiveFailures == 3)
  }

  @Test("The shipped tactusd.conf is valid, and its commented defaults are the defaults")
  func daemon() throws {
    let text = try String(contentsOf: Self.etc.appending(path: "tactusd.conf"), encoding: .utf8)
    #expect(try DaemonFile.read(Array(text.utf8), file: "tactusd.conf").get() == DaemonSettings())
    let lines = text.split(separator: "\n").map { line -> Substring in
      let isSetting = line.first == "#" && line.dropFirst().first?.isUppercase == true && line.contains("=")
      return isSetting ? line.dropFirst() : line
    }
    let uncommented = lines.joined(separator: "\n")
    #expect(uncommented.contains("\nStopTimeout=30s"))
    #expect(try DaemonFile.read(Array(uncommented.utf8), file: "tactusd.conf").get() == DaemonSettings())
  }
}
