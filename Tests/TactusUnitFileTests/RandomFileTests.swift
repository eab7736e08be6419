import TactusModel
import TactusSimulation
import TactusTestSupport
import TactusUnitFile
import Testing

/// Random files must not crash the daemon.
struct RandomFileTests {
  @Test("Random bytes are refused, and never trap")
  func bytes() throws {
    let seed = UInt64.random(in: .min ... .max)
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<10_000 {
      let count = Int.random(in: 0...80, using: &generator)
      let bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
      #expect(!problems(of: try read(bytes)).isEmpty, "seed \(seed)")
    }
  }

  @Test("Random files of valid words are read or refused, and a file that is read survives its canonical text")
  func tokens() throws {
    let seed = UInt64.random(in: .min ... .max)
    var generator = SeededGenerator(seed: seed)
    let tokens = [
      "[Command]\n", "[Heartbeat]\n", "[Workflow]\n", "[Schedule]\n", "Exec=", "/bin/true", "Interval=", "1h", "\n",
      "\\\n",
      "\\", "#", ";", "'", "\"", " ", "=", "Environment=", "A=b", "\r\n", "\0", "\u{FEFF}", "é", "Timeout=", "infinity",
      "9", ".", "Endpoint=", "http://", "localhost", "[", "]", ":", "Header=", "StartAt=", "2026-12-01T03:00:00Z",
      "Priority=", "-", "ExpectedStatus=", "200", "Description=", "\\x41", "%",
    ]
    var good = 0
    for _ in 0..<10_000 {
      let body = (0..<Int.random(in: 0...14, using: &generator)).map { _ in
        tokens.randomElement(using: &generator) ?? ""
      }
      let head = Bool.random(using: &generator) ? "[Command]\nExec=/bin/true\n" : ""
      guard case .success(var first) = try read(head + body.joined()) else { continue }
      good += 1
      var second = try read(first.canonical).get()
      (first.text, second.text) = ("", "")
      #expect(first == second, "seed \(seed): \((head + body.joined()).debugDescription)")
    }
    #expect(good > 100, "seed \(seed)")
  }

  @Test(
    "A giant file that repeats one mistake is refused in moderate time", .timeLimit(.minutes(5)),
    arguments: [
      "=\n", "[a]\n", "Environmen=\n", "Exe\\\nc=\n", "\\\n", "Environment=A=b\nEnvironment=\n", "Environment='\n",
    ])
  func giant(_ line: String) throws {
    let line = Array(line.utf8)
    var bytes = Array("[Command]\n".utf8)
    while bytes.count + line.count <= Limits.unitFileBytes { bytes += line }
    #expect(!problems(of: try read(bytes)).isEmpty)
  }
}
