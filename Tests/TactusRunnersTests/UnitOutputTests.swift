import Glibc
import TactusLinux
import TactusModel
import TactusPorts
import TactusTestSupport
import Testing

@testable import TactusRunners

@Suite("The output of a unit")
struct UnitOutputTests {
  /// The named pipes of one attempt, and the daemon's state for them.
  private final class Bench {
    let directory: String
    let pipes: UnitPipes
    let queue = DispatchWorkQueue(label: "test.units", level: .leaf)
    let watches: ProcessWatches
    let view: PipeView
    var writers: [OutputStream: Int32] = [:]
    /// The stored bytes, by stream.
    var stored: [OutputStream: [UInt8]] = [:]

    init() throws {
      var template = Array("/tmp/tactus-pipes-XXXXXX".utf8CString)
      directory = String(cString: try #require(mkdtemp(&template)))
      let id = try #require(JobID("018f0000-0000-7000-8000-000000000001"))
      pipes = UnitPipes(directory: directory, id: id)
      watches = try ProcessWatches(on: queue) {}
      view = try PipeView()
      try pipes.make()
      for stream in OutputStream.allCases { writers[stream] = try NamedPipe.openBoth(pipes.path(of: stream)) }
    }

    deinit {
      for writer in writers.values { Descriptor.close(writer) }
      pipes.remove()
      rmdir(directory)
    }

    func open(limit: Int64 = 1 << 20) throws -> UnitOutput {
      try UnitOutput(
        of: pipes, stored: stored.mapValues { Int64($0.count) }, limit: limit, watches: watches, view: view)
    }

    func write(_ text: String, to stream: OutputStream = .stdout) {
      let bytes = Array(text.utf8)
      #expect(Glibc.write(writers[stream] ?? -1, bytes, bytes.count) == bytes.count)
    }

    func keep(_ piece: UnitOutput.Piece) {
      for line in piece.lines { stored[piece.stream, default: []] += line.bytes + (line.isPartial ? [] : [10]) }
    }

    /// Takes, stores and answers until there is no more output.
    func pump(_ output: UnitOutput, _ stream: OutputStream = .stdout) {
      while let piece = output.take(stream, at: Instant(microseconds: 1)) {
        keep(piece)
        output.answered(piece, isStored: true)
      }
    }

    var text: String { String(decoding: stored[.stdout] ?? [], as: UTF8.self) }
  }

  @Test("Whole lines are taken, and a line without a newline stays in its pipe until the end")
  func lines() throws {
    let bench = try Bench()
    let output = try bench.open()
    defer { output.close() }
    bench.write("one\ntwo\nthr")
    bench.pump(output)
    #expect(bench.text == "one\ntwo\n")
    bench.write("ee\nfour")
    bench.pump(output)
    #expect(bench.text == "one\ntwo\nthree\n")
    output.finish()
    bench.pump(output)
    bench.pump(output, .stderr)
    #expect(bench.text == "one\ntwo\nthree\nfour" && output.isComplete && output.storedBytes == 18)
  }

  @Test("A line without a newline is held, and taken unchanged after a while")
  func beginning() throws {
    let bench = try Bench()
    let output = try bench.open()
    defer { output.close() }
    #expect(!output.isHolding(.stdout))
    bench.write("one\ntw")
    let piece = try #require(output.take(.stdout, at: Instant(microseconds: 1)))
    #expect(!output.isHolding(.stdout), "the sink has a piece")
    bench.keep(piece)
    output.answered(piece, isStored: true)
    #expect(output.take(.stdout, at: Instant(microseconds: 1)) == nil && output.isHolding(.stdout))
    let late = try #require(output.take(.stdout, at: Instant(microseconds: 1), isLate: true))
    bench.keep(late)
    output.answered(late, isStored: true)
    bench.write("o\n")
    bench.pump(output)
    #expect(bench.text == "one\ntwo\n" && !output.isHolding(.stdout))
  }

  @Test("Packets from a writer with O_DIRECT are read without loss")
  func packets() throws {
    let bench = try Bench()
    let output = try bench.open()
    defer { output.close() }
    let writer = bench.writers[.stdout] ?? -1
    #expect(fcntl(writer, F_SETFL, fcntl(writer, F_GETFL) | 0o40000) == 0)
    bench.write("first\nsecond")
    bench.pump(output)
    bench.write("\nthird\n")
    bench.pump(output)
    #expect(bench.text == "first\nsecond\nthird\n" && output.storedBytes == 19 && output.droppedBytes == 0)
  }

  @Test("A damaged record is ignored", arguments: [0, 8, 24])
  func damage(offset: Int) throws {
    let bench = try Bench()
    let words: [UInt64] = [0x8000_0000_0000_0000]
    let record = try Descriptor.open(bench.pipes.record, O_RDWR | O_CREAT, mode: 0o600)
    _ = [UInt64](repeating: 1, count: 4).withUnsafeBytes { pwrite(record, $0.baseAddress, 32, 0) }
    _ = words.withUnsafeBytes { pwrite(record, $0.baseAddress, 8, off_t(offset)) }
    Descriptor.close(record)
    bench.stored[.stdout] = [1, 2, 3]
    bench.write("one\n")
    let output = try bench.open()
    defer { output.close() }
    bench.pump(output)
    #expect(output.storedBytes == 7 && output.droppedBytes == 0)
  }

  @Test("A pipe filled by one line is read as it is, so that the job continues")
  func longLine() throws {
    let bench = try Bench()
    let output = try bench.open()
    defer { output.close() }
    let (full, rest) = (String(repeating: "x", count: 65_536), String(repeating: "x", count: 10_000))
    bench.write(rest)
    bench.pump(output)
    #expect(bench.text.isEmpty, "there is room for more of the line")
    bench.write(String(full.dropLast(rest.count)))
    bench.pump(output)
    #expect(bench.text == full)
    bench.write(rest + "\n")
    bench.pump(output)
    #expect(bench.text == full + rest + "\n")
  }

  @Test("Half-empty pages also fill a pipe")
  func sparsePages() throws {
    let bench = try Bench()
    let output = try bench.open()
    defer { output.close() }
    // Two writes of this size do not fit into one page, so each has its own, and a pipe has sixteen pages.
    let piece = String(repeating: "y", count: 2049)
    for _ in 0..<16 { bench.write(piece) }
    bench.pump(output)
    #expect(bench.text.utf8.count == 16 * 2049)
  }

  @Test("Pages with one byte each, from sendfile(2), also fill a pipe")
  func splicedPages() throws {
    let bench = try Bench()
    let output = try bench.open()
    defer { output.close() }
    let writer = bench.writers[.stdout] ?? -1
    try Descriptor.setNonBlocking(writer)
    let source = try Descriptor.open("/proc/self/exe", O_RDONLY)
    defer { Descriptor.close(source) }
    var (pieces, waits) = (0, 0)
    while pieces < 100, waits < 100 {
      var place = off_t(0)
      if sendfile(writer, source, &place, 1) == 1 {
        pieces += 1
      } else {
        // At this point a job would wait for a reader.
        #expect(errno == EAGAIN)
        waits += 1
        bench.pump(output)
      }
    }
    #expect(pieces == 100 && waits == 6, "\(pieces) pieces, \(waits) waits")
    output.finish()
    bench.pump(output)
    #expect(output.storedBytes == 100 && output.droppedBytes == 0)
  }

  @Test(
    "A daemon that dies loses nothing and repeats nothing, wherever it dies",
    arguments: ["before the store", "after the store", "after all"])
  func death(moment: String) throws {
    let bench = try Bench()
    let first = try bench.open()
    bench.write("one\ntwo\n")
    let piece = try #require(first.take(.stdout, at: Instant(microseconds: 1)))
    if moment != "before the store" { bench.keep(piece) }
    if moment == "after all" { first.answered(piece, isStored: true) }
    first.close()
    bench.write("three\n")

    let second = try bench.open()
    defer { second.close() }
    bench.pump(second)
    #expect(bench.text == "one\ntwo\nthree\n")
    #expect(second.storedBytes == 14 && second.droppedBytes == 0)
  }

  @Test(
    "A daemon that dies between reading a pipe and noting that loses nothing and repeats nothing"
  )
  func deathInBetween() throws {
    let bench = try Bench()
    let first = try bench.open()
    bench.write("one\ntwo\n")
    let piece = try #require(first.take(.stdout, at: Instant(microseconds: 1)))
    bench.keep(piece)
    first.close()
    // The last step of the dead daemon.
    let reader = try NamedPipe.openReader(bench.pipes.path(of: .stdout))
    var bytes = [UInt8](repeating: 0, count: 8)
    #expect(read(reader, &bytes, 8) == 8)
    Descriptor.close(reader)
    bench.write("three\nfour\nfive\n")

    let second = try bench.open()
    defer { second.close() }
    bench.pump(second)
    #expect(bench.text == "one\ntwo\nthree\nfour\nfive\n")
  }

  @Test("Bytes beyond the limit are counted and not stored, across daemons")
  func limit() throws {
    let bench = try Bench()
    let first = try bench.open(limit: 6)
    bench.write("one\ntwo\nthree\n")
    bench.pump(first)
    #expect(bench.text == "one\ntw" && first.storedBytes == 6 && first.droppedBytes == 8)
    first.close()
    let second = try bench.open(limit: 6)
    defer { second.close() }
    bench.write("four\n")
    bench.pump(second)
    #expect(second.storedBytes == 6 && second.droppedBytes == 13)
  }

  @Test("Output that the store refuses is counted")
  func refused() throws {
    let bench = try Bench()
    let output = try bench.open()
    defer { output.close() }
    bench.write("one\n")
    let piece = try #require(output.take(.stdout, at: Instant(microseconds: 1)))
    output.answered(piece, isStored: false)
    #expect(output.droppedBytes == 4 && output.storedBytes == 0)
  }

  @Test("The end does not wait for a process that continues to write")
  func endless() throws {
    let bench = try Bench()
    let output = try bench.open()
    defer { output.close() }
    bench.write("one\n")
    output.finish()
    bench.write("two\n")
    bench.pump(output)
    bench.pump(output, .stderr)
    #expect(bench.text == "one\n" && output.isComplete)
  }
}
