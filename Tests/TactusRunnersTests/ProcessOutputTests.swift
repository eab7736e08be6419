import Glibc
import TactusLinux
import TactusModel
import TactusPorts
import Testing

@testable import TactusRunners

@Suite("ProcessRunner: output")
struct ProcessOutputTests {
  @Test("A hundred thousand lines arrive in order, with instants that never decrease")
  func manyLines() async throws {
    let fixture = ProcessFixture()
    let attempt = fixture.start(["/usr/bin/seq", "100000"])
    let (ending, report) = try #require(await attempt.ended())
    #expect(ending == .succeeded)
    let lines = fixture.sink.lines(of: attempt.id)
    #expect(lines.count == 100_000)
    #expect(lines.enumerated().allSatisfy { $1.bytes == Array("\($0 + 1)".utf8) && !$1.isPartial })
    #expect(zip(lines, lines.dropFirst()).allSatisfy { $0.at <= $1.at })
    #expect(report.logBytes == 588_895)
  }

  @Test("One line of 64 MiB without a newline arrives in pieces, complete")
  func hugeLine() async throws {
    let fixture = ProcessFixture()
    let attempt = fixture.shell("head -c 67108864 /dev/zero | tr '\\0' x")
    let (_, report) = try #require(await attempt.ended())
    let lines = fixture.sink.lines(of: attempt.id)
    #expect(report.logBytes == 64 << 20)
    #expect(lines.count == 1024)
    #expect(lines.allSatisfy { $0.isPartial && $0.bytes.count == Limits.logLineBytes })
  }

  @Test("Binary output is kept unchanged, and the last line needs no newline")
  func binary() async throws {
    let fixture = ProcessFixture()
    let attempt = fixture.shell("printf '\\000\\377\\n\\r\\n\\n\\001end'")
    let (_, report) = try #require(await attempt.ended())
    let lines = fixture.sink.lines(of: attempt.id)
    #expect(lines.map(\.bytes) == [[0, 255], [13], [], [1] + Array("end".utf8)])
    #expect(lines.map(\.isPartial) == [false, false, false, true])
    #expect(report.logBytes == 10)
  }

  @Test("Output beyond the limit is counted to the byte, and the job continues")
  func limit() async throws {
    let fixture = ProcessFixture()
    let attempt = fixture.shell("echo 0123456789; echo abcdefghij; head -c 1000000 /dev/zero", logLimit: 15)
    let (ending, report) = try #require(await attempt.ended())
    #expect(ending == .succeeded)
    #expect(report.logBytes == 15 && report.logDroppedBytes == 1_000_007)
    let lines = fixture.sink.lines(of: attempt.id)
    #expect(lines.map { String(decoding: $0.bytes, as: UTF8.self) } == ["0123456789", "abcd"])
    #expect(lines.map(\.isPartial) == [false, true])
  }

  @Test("With a limit of 0 nothing is stored and everything is counted")
  func nothing() async throws {
    let fixture = ProcessFixture()
    let attempt = fixture.shell("echo 0123456789; echo err >&2", logLimit: 0)
    let (_, report) = try #require(await attempt.ended())
    #expect(report.logBytes == 0 && report.logDroppedBytes == 15)
    #expect(fixture.sink.lines(of: attempt.id).isEmpty)
  }

  @Test("Output that the sink refuses counts as dropped")
  func refused() async throws {
    let fixture = ProcessFixture(.refused)
    let attempt = fixture.shell("echo 0123456789")
    let (ending, report) = try #require(await attempt.ended())
    #expect(ending == .succeeded)
    #expect(report.logBytes == 0 && report.logDroppedBytes == 11)
  }

  @Test("A sink that does not answer stops the reading, then the job through its pipe, and nothing is lost")
  func backPressure() async throws {
    let fixture = ProcessFixture(.held)
    let attempt = fixture.shell("echo ready; exec head -c 10000000 /dev/zero")
    await fixture.sink.wait(for: "ready", from: attempt.id)
    let other = fixture.shell("echo other")
    await fixture.sink.wait(for: "other", from: other.id)
    usleep(200_000)  // as long as a job needs to write everything; a shorter wait would prove nothing
    #expect(fixture.sink.byteCount <= ProcessOutput.window + (192 << 10))
    fixture.sink.release()
    let (ending, report) = try #require(await attempt.ended())
    #expect(ending == .succeeded)
    #expect(report.logBytes == 10_000_006)
    #expect(await other.ended()?.ending == .succeeded)
  }

  @Test("The end is reported only after the sink has answered for everything")
  func answered() async throws {
    let fixture = ProcessFixture(.held)
    let attempt = fixture.shell("echo hello")
    await fixture.sink.wait(for: "hello", from: attempt.id)
    // It runs to its end on the same runner. By then the other end would have been reported.
    let silent = fixture.shell("sleep 0.1")
    #expect(await silent.ended()?.ending == .succeeded)
    let unknown = await withCheckedContinuation { continuation in
      fixture.runner.unknown(among: [attempt.id]) { continuation.resume(returning: $0) }
    }
    #expect(unknown.isEmpty)
    fixture.sink.release()
    #expect(await attempt.ended()?.report.logBytes == 6)
  }

  @Test("A job that closes its streams runs to its own end")
  func closedStreams() async throws {
    let fixture = ProcessFixture()
    let attempt = fixture.shell("echo before; exec >&- 2>&-; sleep 0.1; exit 4")
    let (ending, _) = try #require(await attempt.ended())
    #expect(ending == .failed(.exitNonzero, "exited with code 4"))
    #expect(fixture.text(of: attempt.id) == "before\n")
  }

  @Test("Lines are split the same in whatever chunks the bytes arrive")
  func chunks() {
    let limit = Limits.logLineBytes
    let whole = [UInt8](repeating: 97, count: limit)
    let bytes = Array("a\n\nbc".utf8) + [10] + whole + [10] + whole + whole + [98, 10] + Array("rest".utf8)
    func cut(by size: Int) -> [OutputLine] {
      var (lines, result) = (ProcessLines(of: .stdout), [OutputLine]())
      let at = Instant(microseconds: 0)
      for start in stride(from: 0, to: bytes.count, by: size) {
        bytes[start..<min(start + size, bytes.count)].withUnsafeBytes { lines.take($0, at: at, into: &result) }
      }
      lines.close(at: at, into: &result)
      return result
    }
    let expected = cut(by: bytes.count)
    #expect(expected.map(\.bytes.count) == [1, 0, 2, limit, limit, limit, 1, 4])
    #expect(expected.map(\.isPartial) == [false, false, false, false, true, true, false, true])
    #expect(expected.reduce(0) { $0 + $1.written } == bytes.count)
    for size in [1, 7, 4096, limit, limit + 1] { #expect(cut(by: size) == expected) }
  }

  @Test("Merged output keeps the exact order of both streams, and all of it is standard output")
  func merged() async throws {
    let fixture = ProcessFixture()
    let script = "i=0; while [ $i -lt 500 ]; do echo out $i; echo err $i >&2; i=$((i + 1)); done"
    let attempt = fixture.start(Command(arguments: ["/bin/sh", "-c", script], mergesOutput: true))
    let (ending, report) = try #require(await attempt.ended())
    let expected = (0..<500).map { "out \($0)\nerr \($0)\n" }.joined()
    #expect(ending == .succeeded && report.logBytes == Int64(expected.utf8.count))
    #expect(fixture.text(of: attempt.id) == expected)
    #expect(fixture.text(of: attempt.id, .stderr).isEmpty)
  }
}
