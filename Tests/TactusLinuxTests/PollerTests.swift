import Glibc
import TactusLinux
import TactusPorts
import Testing

/// Owns a poller as a worker does, reads what comes, and tells it.
private actor Reader: QueueConfined {
  nonisolated let queue: any WorkQueue
  private var poller: Poller?
  private var told: [(Poller.Token, Poller.Readiness)] = []
  private var wakes = 0
  private let tell: @Sendable (Int) -> Void

  init(tell: @escaping @Sendable (Int) -> Void) {
    queue = DispatchWorkQueue(label: "test.reader", level: .leaf)
    self.tell = tell
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
      told.append((token, readiness))
      // Told once is enough here: the test looks at each registration's first readiness.
      poller?.change(token, to: .none)
      tell(told.count)
    }
  }

  func readiness(of token: Poller.Token) -> Poller.Readiness? { told.last { $0.0 == token }?.1 }
}

@Suite("Poller")
struct PollerTests {
  /// Runs a body with a reader and a way to wait until so many readinesses were told.
  private func withReader(_ body: (Reader, (Int) async -> Void) async throws -> Void) async throws {
    let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
    let reader = Reader { continuation.yield($0) }
    try reader.call { reader in Result { try reader.open() } }.get()
    try await body(reader) { count in
      for await seen in stream where seen >= count { return }
    }
  }

  @Test("bytes in a pipe are told, and an end of file is told as a hang-up")
  func pipes() async throws {
    try await withReader { reader, told in
      let pipe = try Descriptor.pipe()
      let token = try reader.call { reader in Result { try reader.add(pipe.read, for: .read) } }.get()
      _ = write(pipe.write, "x", 1)
      await told(1)
      #expect(reader.call { $0.readiness(of: token) } == .read)
      let silent = try Descriptor.pipe()
      let other = try reader.call { reader in Result { try reader.add(silent.read, for: .read) } }.get()
      // Another test's child between fork and exec may hold a copy for a moment: the hang-up comes when it lets go.
      Descriptor.close(silent.write)
      await told(2)
      #expect(reader.call { $0.readiness(of: other) } == .hangup)
      reader.call { reader in
        reader.remove(token)
        reader.remove(other)
      }
      for descriptor in [pipe.read, pipe.write, silent.read] { Descriptor.close(descriptor) }
    }
  }

  @Test("a hung-up descriptor with no interest causes no wake-ups")
  func rest() async throws {
    try await withReader { reader, told in
      let dead = try Descriptor.pipe()
      let live = try Descriptor.pipe()
      let token = try reader.call { reader in Result { try reader.add(dead.read, for: .none) } }.get()
      Descriptor.close(dead.write)
      let other = try reader.call { reader in Result { try reader.add(live.read, for: .read) } }.get()
      _ = write(live.write, "x", 1)
      await told(1)
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

  @Test("tokens are never used twice, even for the same descriptor")
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

  @Test("a registration removed while it is ready is not told")
  func removedMeanwhile() async throws {
    let queue = DispatchWorkQueue(label: "test.removed", level: .leaf)
    let told = try Box(on: queue)
    let pipes = try (0..<10).map { _ in try Descriptor.pipe() }
    told.call { told in
      for pipe in pipes {
        _ = write(pipe.write, "x", 1)
        told.add(pipe.read)
      }
      #expect(told.drainRemovingAll() == 1)
    }
    for pipe in pipes {
      Descriptor.close(pipe.read)
      Descriptor.close(pipe.write)
    }
  }

  @Test("three hundred pipes that all hang up at once are all told")
  func manyHangups() async throws {
    try await withReader { reader, told in
      let pipes = try (0..<300).map { _ in try Descriptor.pipe() }
      let tokens = try reader.call { reader in
        Result { try pipes.map { try reader.add($0.read, for: .read) } }
      }.get()
      for pipe in pipes { Descriptor.close(pipe.write) }
      await told(300)
      reader.call { reader in for token in tokens { reader.remove(token) } }
      for pipe in pipes { Descriptor.close(pipe.read) }
    }
  }

  @Test("a regular file is refused with a sentence")
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
