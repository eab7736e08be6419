import TactusModel
import TactusPorts
import Testing

@testable import TactusRunners

@Suite("Logs of container engines")
struct ContainerOutputTests {
  private static let now = Instant(microseconds: 1_800_000_000_000_000)

  /// Returns a frame as engines send it.
  private func frame(_ stream: UInt8, _ text: String, at stamp: String = "2026-11-25T20:03:15.200857233Z") -> [UInt8] {
    let payload = Array("\(stamp) \(text)".utf8)
    let size = (0..<4).map { UInt8(truncatingIfNeeded: payload.count >> (24 - 8 * $0)) }
    return [stream, 0, 0, 0] + size + payload
  }

  private func read(_ output: inout ContainerOutput, _ bytes: [UInt8], piece: Int = .max) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let isLog = Array(rest.prefix(piece)).withUnsafeBytes { output.take($0, now: Self.now) }
      guard isLog else { return false }
      rest = rest.dropFirst(piece)
    }
    return true
  }

  private func texts(_ output: inout ContainerOutput) -> [String] {
    guard let (lines, bytes) = output.takeLines() else { return [] }
    output.answered(bytes, stored: true)
    return lines.map { "\($0.stream.rawValue) \(String(decoding: $0.bytes, as: UTF8.self))\($0.isPartial ? "…" : "")" }
  }

  @Test(
    "Frames become lines, in whatever pieces the bytes arrive, and the parts of a long line become one",
    arguments: [1, 2, 7, 31, 1000])
  func lines(_ piece: Int) {
    var output = ContainerOutput(limit: 1 << 20, stored: [:], now: Self.now)
    let bytes =
      frame(1, "one\n") + frame(2, "bad\n") + frame(1, "long ") + frame(2, "\n") + frame(1, "line\n")
      + frame(1, "no end")
    #expect(read(&output, bytes, piece: piece))
    output.finish(at: Self.now)
    #expect(texts(&output) == ["stdout one", "stderr bad", "stderr ", "stdout long line", "stdout no end…"])
    #expect(output.storedBytes == 4 + 4 + 1 + 10 + 6 && output.droppedBytes == 0 && output.isAnswered)
  }

  @Test("Lines have the engine's instants; recent instants of whole seconds are the clock's")
  func instants() throws {
    var output = ContainerOutput(limit: 1 << 20, stored: [:], now: Self.now)
    let second = String(Self.now.description.prefix(19)) + "Z"
    #expect(read(&output, frame(1, "a\n") + frame(1, "b\n", at: "2020-01-01T00:00:00Z") + frame(1, "c\n", at: second)))
    let lines = output.takeLines()?.lines ?? []
    try #require(lines.count == 3)
    #expect(lines[0].at == Instant(rfc3339: "2026-11-25T20:03:15.200857Z"))
    #expect(lines[1].at == Instant(rfc3339: "2020-01-01T00:00:00Z"))
    #expect(lines[2].at == Self.now)
  }

  @Test("Reading a log again returns only what is new, for each stream", arguments: [1, 5, 100])
  func again(_ piece: Int) {
    let first = frame(1, "a1\n") + frame(2, "b1\n") + frame(1, "a")
    let rest = frame(1, "2\n") + frame(2, "b2\n")
    var output = ContainerOutput(limit: 1 << 20, stored: [:], now: Self.now)
    #expect(read(&output, first, piece: piece))
    output.beginReading(now: Self.now)
    #expect(read(&output, first + rest, piece: piece))
    #expect(texts(&output) == ["stdout a1", "stderr b1", "stdout a2", "stderr b2"])
    // The next daemon knows what is stored, which excludes an incomplete line.
    var next = ContainerOutput(limit: 1 << 20, stored: [.stdout: 3, .stderr: 3], now: Self.now)
    #expect(read(&next, first + rest, piece: piece))
    #expect(texts(&next) == ["stdout a2", "stderr b2"])
    #expect(next.storedBytes == 12)
  }

  @Test("Output beyond the limit is counted once, even if the log is read again")
  func limit() {
    var output = ContainerOutput(limit: 5, stored: [:], now: Self.now)
    let bytes = frame(1, "abc\n") + frame(2, "defg\n")
    #expect(read(&output, bytes))
    output.beginReading(now: Self.now)
    #expect(read(&output, bytes))
    #expect(texts(&output) == ["stdout abc", "stderr d…"])
    #expect(output.storedBytes == 5 && output.droppedBytes == 4)
  }

  @Test("Bytes that are not a log are reported")
  func rubbish() {
    for bytes in [Array("HTTP/1.1 200 OK\r\n".utf8), [1, 0, 0, 9, 0, 0, 0, 1, 65], [3, 0, 0, 0, 0, 0, 0, 1, 65]] {
      var output = ContainerOutput(limit: 100, stored: [:], now: Self.now)
      #expect(!read(&output, bytes))
    }
    var output = ContainerOutput(limit: 100, stored: [:], now: Self.now)
    #expect(!read(&output, frame(1, "x", at: String(repeating: "9", count: 100))))
  }
}
