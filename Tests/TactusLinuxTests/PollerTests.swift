import Glibc
import TactusLinux
import TactusPorts
import Testing

/// Owns a poller like a worker, reads incoming data, and reports it.
private actor Reader: QueueConfined {
  nonisolated let queue: any WorkQueue
  private var poller: Poller?
  private var reported: [(Poller.Token, Poller.Readiness)] = []
  private var wakes = 0
  private let report: @Sendable (Int) -> Void

  init(report: @escaping @Sendable (Int) -> Void) {
    queue = DispatchWorkQueue(label: "test.reader", level: .leaf)
    self.report = report
  }

  func open() throws {
    guard let queue = queue as? DispatchWorkQueue else { return }
    poller = try Poller(on: queue) { [weak self] in self?.assumeIsolated { $0.drain() } }
  }

  func add(_ descriptor: Int32, for interest: Poller.Interest) throws -> Poller.Token {
    guard let poller else { fatalError("not open") }
    return try poller.add(descriptor, for: interest)
  }

  func change(_ token: Poller.Token, to interest: Poller.Interest) { poller?.change(token, to: interest) }
  func remove(_ token: Poller.Token) { poller?.remove(token) }
  var wakeCount: Int { wakes }

  private func drain() {
    wakes += 1
    poller?.drain { token, readiness in
      reported.append((token, readiness))
      // One report is enough: the test checks only the first readiness of each registration.
      poller?.change(token, to: .none)
      report(reported.count)
    }
  }

  func readiness(of token: Poller.Token) -> Poller.Readiness? { reported.last { $0.0 == token }?.1 }
}

@Suite("Poller")
struct PollerTests {
  /// Runs a body with a reader and a way to wait for a number of reports.
  private func withReader(_ body: (Reader, (Int) async -> Void) async throws -> Void) async throws {
    let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
    let reader = Reader { continuation.yield($0) }
    try reader.call { reader in Result { try reader.open() } }.get()
    try await body(reader) { count in
      for await seen in stream where seen >= count { return }
    }
  }

  @Test("Bytes in a pipe are reported, and an end of file is reported as a hang-up")
  func pipes() async throws {
    try await withReader { reader, reported in
      let pipe = try Descriptor.pipe()
      let token = try reader.call { reader in Result { try reader.add(pipe.read, for: .read) } }.get()
      _ = write(pipe.write, "x", 1)
      await reported(1)
      #expect(reader.call { $0.readiness(of: token) } == .read)
      let silent = try Descriptor.pipe()
      let other = try reader.call { reader in Result { try reader.add(silent.read, for: .read) } }.get()
      // Between fork and exec, a child of another test may have a copy for a moment. The hang-up follows when it is
      // closed.
      Descriptor.close(silent.write)
      await reported(2)
      #expect(reader.call { $0.readiness(of: other) } == .hangup)
      reader.call { reader in
        reader.remove(token)
        reader.remove(other)
      }
      for descriptor in [pipe.read, pipe.write, silent.read] { Descriptor.close(descriptor) }
    }
  }

  @Test("A hung-up descriptor without interest causes no wake-ups")
  func rest() async throws {
    try await withReader { reader, reported in
      let dead = try Descriptor.pipe()
      let live = try Descriptor.pipe()
      let token = try reader.call { reader in Result { try reader.add(dead.read, for: .none) } }.get()
      Descriptor.close(dead.write)
      let other = try reader.call { reader in Result { try reader.add(live.read, for: .read) } }.get()
      _ = write(live.write, "x", 1)
      await reported(1)
      #expect(reader.call { $0.readiness(of: token) } == nil)
      #expect(reader.call { $0.readiness(of: other) } == .read)
      #expect(reader.call { $0.wakeCount } <= 2)
      reader.call { reader in
        reader.remove(token)
        reader.remove(other)
      }
      for descriptor in [dead.read, live.read, live.write] { Descriptor.close(descriptor) }
    }
  }

  @Test("Tokens are never reused, even for the same descriptor")
  func generations() async throws {
    try await withReader { reader, _ in
      let pipe = try Descriptor.pipe()
      var tokens: Set<Poller.Token> = []
      for _ in 0..<100 {
        let token = try reader.call { reader in Result { try reader.add(pipe.read, for: .read) } }.get()
        tokens.insert(token)
        reader.call { $0.remove(token) }
      }
      #expect(tokens.count == 100)
      Descriptor.close(pipe.read)
      Descriptor.close(pipe.write)
    }
  }

  @Test("A registration that is removed while it is ready is not reported")
  func removedMeanwhile() async throws {
    let queue = DispatchWorkQueue(label: "test.removed", level: .leaf)
    let reported = try Box(on: queue)
    let pipes = try (0..<10).map { _ in try Descriptor.pipe() }
    reported.call { reported in
      for pipe in pipes {
        _ = write(pipe.write, "x", 1)
        reported.add(pipe.read)
      }
      #expect(reported.drainRemovingAll() == 1)
    }
    for pipe in pipes {
      Descriptor.close(pipe.read)
      Descriptor.close(pipe.write)
    }
  }

  @Test("Three hundred pipes that hang up at once are all reported")
  func manyHangups() async throws {
    try await withReader { reader, reported in
      let pipes = try (0..<300).map { _ in try Descriptor.pipe() }
      let tokens = try reader.call { reader in
        Result { try pipes.map { try reader.add($0.read, for: .read) } }
      }.get()
      for pipe in pipes { Descriptor.close(pipe.write) }
      await reported(300)
      reader.call { reader in for token in tokens { reader.remove(token) } }
      for pipe in pipes { Descriptor.close(pipe.read) }
    }
  }

  @Test("A regular file is refused with a message")
  func regularFile() async throws {
    try await withReader { reader, _ in
      let file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC)
      defer { Descriptor.close(file) }
      #expect(throws: SystemError.self) {
        _ = try reader.call { reader in Result { try reader.add(file, for: .read) } }.get()
      }
    }
  }
}

/// A poller that is drained by hand.
private actor Box: QueueConfined {
  nonisolated let queue: any WorkQueue
  private let poller: Poller
  private var tokens: Set<Poller.Token> = []

  init(on queue: DispatchWorkQueue) throws {
    self.queue = queue
    poller = try Poller(on: queue) {}
  }

  func add(_ descriptor: Int32) {
    do { tokens.insert(try poller.add(descriptor, for: .read)) } catch { Issue.record(error) }
  }

  func drainRemovingAll() -> Int {
    var count = 0
    poller.drain { _, _ in
      count += 1
      for token in tokens { poller.remove(token) }
      tokens = []
    }
    return count
  }
}
