import CLinux
import Glibc
import TactusModel
import TactusTestSupport
import Testing

@testable import TactusLinux

@Suite("The patience with a path")
struct PathWatchTests {
  private let begin = MonotonicInstant(microseconds: 1_000_000)
  private let blocked = ChildState(busy: .milliseconds(1))

  private func at(_ seconds: Double) -> MonotonicInstant { begin + .milliseconds(Int(seconds * 1000)) }

  /// The verdicts of looks at one path, each at its second.
  private func verdicts(_ looks: [(Double, ChildState)]) -> [PathWatch.Verdict] {
    var watch = PathWatch(patience: .seconds(5))
    return looks.map { watch.judge($1, since: begin, now: at($0)) }
  }

  @Test("A child that is blocked at two looks, the second at the end of the patience, waits for a silent path")
  func silent() {
    #expect(PathWatch(patience: .seconds(5)).firstLook(since: begin) == at(4))
    #expect(PathWatch(patience: .milliseconds(500)).firstLook(since: begin) == at(0.25))
    #expect(
      verdicts([(2, blocked), (4, blocked), (5, blocked)]) == [.open(until: at(4)), .open(until: at(5)), .silent])
    #expect(verdicts([(4, blocked), (4.5, blocked)]).last == .open(until: at(5)))
  }

  @Test("A child that uses or waits for a processor at a look, or between two, is only late")
  func busy() {
    let runnable = ChildState(isRunnable: true)
    #expect(verdicts([(4, runnable), (5, blocked), (6, runnable)]) == [5, 6, 7].map { .open(until: at($0)) })
    // Blocked at both looks, and waiting for a processor between them.
    let later = ChildState(busy: .milliseconds(601))
    #expect(verdicts([(4, blocked), (5, later), (6, later)]) == [.open(until: at(5)), .open(until: at(6)), .silent])
    #expect(verdicts([(4, blocked), (5, ChildState(busy: .milliseconds(401)))]).last == .silent)
  }

  @Test("After the machine stood still a child has the time between two looks to move on")
  func standstill() {
    #expect(verdicts([(60, blocked)]) == [.open(until: at(61))])
    var watch = PathWatch(patience: .seconds(5))
    #expect(watch.judge(blocked, since: begin, now: at(60)) == .open(until: at(61)))
    // It has reached its next path, which has the whole patience.
    #expect(watch.judge(blocked, since: at(60.5), now: at(61)) == .open(until: at(64.5)))
  }

  @Test("A child that has ended or runs its program is never called blocked")
  func over() {
    let over = ChildState(isOver: true)
    #expect(verdicts([(4, blocked), (5, over), (6, blocked)]) == [5, 6, 7].map { .open(until: at($0)) })
  }

  @Test("The kernel's files say what a process does: it sleeps, computes, has ended, or runs its program")
  func states() async throws {
    let pipe = try Descriptor.pipe()
    func start(_ script: String) throws -> ProcessHandle {
      try ProcessHandle(
        of: Spawner.spawn(
          Spawner.Order(
            arguments: ["/bin/sh", "-c", script], environment: [], directory: "/", input: pipe.read,
            output: pipe.write, error: 2)))
    }
    let (sleeper, worker) = (try start("read line"), try start("ulimit -t 60; while :; do :; done"))
    defer {
      for handle in [sleeper, worker] {
        handle.send(.kill)
        reaped(handle)
        handle.close()
      }
      for end in [pipe.read, pipe.write] { Descriptor.close(end) }
    }
    let asleep = try await eventually("the sleeper sleeps") {
      let state = ChildState.of(sleeper.process)
      return state.isRunnable ? nil : state
    }
    #expect(asleep.isOver && asleep.busy > .zero && asleep == ChildState.of(sleeper.process))
    let first = ChildState.of(worker.process)
    // Its time grows whether it has a processor or waits for one.
    _ = try await eventually("the worker computes") {
      let state = ChildState.of(worker.process)
      return state.isRunnable && state.busy - first.busy > .milliseconds(300) ? true : nil
    }
    worker.send(.kill)
    _ = try await eventually("the worker has ended") {
      ChildState.of(worker.process).isRunnable ? nil : true
    }
    // This process was forked by its parent; a child before its exec has the flag that this one has lost.
    #expect(ProcessTable.entry(of: Int(getpid()))?.hasExecuted == true)
    func state(_ beginning: String, _ schedule: String) throws -> ChildState {
      let stat = Array("\(beginning) 0 0 0 0 0 0 0 20 0 1 0 5".utf8)
      return ChildState(try #require(ProcessTable.entry(of: 7, in: stat)), schedule: schedule)
    }
    #expect(try state("7 (a) b) S 1 7 7 0 -1 4194368 0", "30 70 2\n") == ChildState(busy: .nanoseconds(100)))
    #expect(try state("7 (a) R 1 7 7 0 -1 4194304 0", "") == ChildState(isRunnable: true, isOver: true))
    #expect(ChildState.of(1 << 30) == ChildState())
  }

  @Test("A child whose program has begun is not canceled, however late its start is noticed")
  func begun() throws {
    let pipe = try Descriptor.pipe()
    defer { for end in [pipe.read, pipe.write] { Descriptor.close(end) } }
    let progress = try ChildProgress()
    var step = TACTUS_SPAWN_FORK
    let words: [String] = ["/bin/sh", "-c", "read line; exit 3"]
    let arguments: [UnsafeMutablePointer<CChar>?] = words.map { (word: String) in strdup(word) } + [nil]
    defer { for argument in arguments { free(argument) } }
    let environment: [UnsafeMutablePointer<CChar>?] = [nil]
    let pid = arguments.withUnsafeBufferPointer { arguments in
      environment.withUnsafeBufferPointer { environment in
        var order = tactus_spawn_order(
          path: arguments[0], arguments: arguments.baseAddress, environment: environment.baseAddress,
          directory: arguments[0], input: pipe.read, output: 2, error: 2, cgroup: -1, identity: nil,
          directory_may_be_missing: 1, patience: -1)
        // As on a thread that has not come to say that the child is over.
        return tactus_spawn(&order, progress.pointer, &step)
      }
    }
    let child = try ProcessHandle(of: Int(pid))
    defer { child.close() }
    #expect(!progress.cancel())
    #expect(write(pipe.write, "go\n", 3) == 3)
    #expect(reaped(child) == .code(3))
  }
}
