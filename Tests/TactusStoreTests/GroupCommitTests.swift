import CSQLite
import Synchronization
import TactusLedger
import TactusModel
import TactusPorts
import TactusSimulation
import TactusTestSupport
import Testing

@testable import TactusStore

/// A separate connection to a store, as another process would have.
private actor Observer: QueueConfined {
  nonisolated let queue: any WorkQueue
  private let connection: Connection

  init(file: String, queue: any WorkQueue) throws {
    self.queue = queue
    connection = try Connection(path: file)
  }

  /// Returns the rows of a query; an error becomes a row, so that a test cannot mistake it for a success.
  func rows(_ sql: String) -> [String] {
    do { return try connection.inspect(sql) } catch { return ["\(error)"] }
  }

  func close() { connection.close() }
}

@Suite("Group commit")
struct GroupCommitTests {
  private let file = TemporaryFile()
  private let specimen: StoreSpecimen
  private let observer: Observer

  init() throws {
    specimen = try StoreSpecimen(file: file)
    observer = try Observer(file: file.path, queue: specimen.simulation.queue("observer", level: .leaf))
    try Stage(specimen).apply(.sample(every: nil), at: 0)
  }

  /// The rows that an observer saw when a write was answered.
  private struct Seen: Sendable {
    var number: Int
    var isDurable: Bool
    var version: String
  }

  /// Posts manual jobs for later in one turn, and returns what an observer saw at each answer.
  private func post(_ count: Int) throws -> [Seen] {
    let name = try #require(WorkflowName("w"))
    let seen = Mutex<[Seen]>([])
    let observer = observer
    for number in 0..<count {
      specimen.store.run(RunRequest(name, start: .at(.at(1000 + number))), at: .at(1)) { result in
        let id = (try? result.get())?.id  // A failure shows as an id that no row has.
        let hex = id.map { "\($0)".filter { $0 != "-" } } ?? ""
        let view = observer.call {
          ($0.rows("SELECT count(*) FROM jobs WHERE id = x'\(hex)'"), $0.rows("PRAGMA data_version"))
        }
        seen.withLock {
          $0.append(Seen(number: number, isDurable: view.0 == ["1"], version: view.1.first ?? ""))
        }
      }
    }
    specimen.settle()
    return seen.withLock { $0 }
  }

  @Test(
    "Writes posted together are answered in order after one commit, and are durable by then", arguments: [1, 50, 900])
  func together(count: Int) throws {
    let seen = try post(count)
    #expect(seen.map(\.number) == Array(0..<count))
    #expect(!seen.map(\.isDurable).contains(false))
    #expect(Set(seen.map(\.version)).count == 1)
    close()
  }

  @Test("One commit answers at most a thousand writes")
  func bounded() throws {
    let seen = try post(2500)
    #expect(seen.map(\.number) == Array(0..<2500))
    #expect(!seen.map(\.isDurable).contains(false))
    #expect(Set(seen.map(\.version)).count == 3)
    close()
  }

  @Test("Refusals and dry runs are answered in their order among the writes")
  func mixed() throws {
    let (w, none) = (try #require(WorkflowName("w")), try #require(WorkflowName("none")))
    let order = Mutex<[String]>([])
    for round in 0..<3 {
      specimen.store.run(RunRequest(w, start: .at(.at(1000))), at: .at(1)) { _ in
        order.withLock { $0.append("\(round) run") }
      }
      specimen.store.terminate(none, cancelRunning: false, at: .at(1)) { _ in
        order.withLock { $0.append("\(round) refused") }
      }
      specimen.store.apply(.sample(every: 5), to: w, origin: .socket, dryRun: true, at: .at(1)) { _ in
        order.withLock { $0.append("\(round) dry") }
      }
    }
    specimen.settle()
    #expect(order.withLock { $0 } == (0..<3).flatMap { ["\($0) run", "\($0) refused", "\($0) dry"] })
    close()
  }

  /// The faults that a write may throw after it has changed rows.
  enum Fault: CaseIterable {
    case refusal, unreadable, contradiction, leftAlone, disk

    func error(_ name: WorkflowName) -> any Error {
      let damage = UnreadableRow(table: "jobs", row: "1", column: "queue", problem: .damaged(.malformedQueueName))
      return switch self {
      case .refusal: Refusal.notFound(.workflow(name))
      case .unreadable: damage
      case .contradiction: UnreadableRow(table: "", row: "", column: "", problem: .contradiction("x"))
      case .leftAlone: LeftAlone(subject: .workflow(WorkflowID(number: 99)), cause: damage)
      case .disk: StoreError(code: SQLITE_IOERR, operation: "x", message: "x")
      }
    }
  }

  @Test("A write that fails after it has changed rows undoes only itself", arguments: Fault.allCases)
  func undone(fault: Fault) throws {
    let name = try #require(WorkflowName("w"))
    let made = Mutex<[JobID]>([])
    let failures = Mutex(0)
    let runs = Mutex(0)
    let run = { [store = specimen.store] (second: Int) in
      store.run(RunRequest(name, start: .at(.at(second))), at: .at(1)) { result in
        if case .success(let job) = result { made.withLock { $0.append(job.id) } }
      }
    }
    let fail = { [store = specimen.store] in
      store.write { (result: Result<Int, Refusal>) in
        if case .failure = result { failures.withLock { $0 += 1 } }
      } _: { verbs in
        _ = try verbs.run(RunRequest(name, start: .at(.at(3000))), at: .at(1))
        runs.withLock { $0 += 1 }
        throw fault.error(name)
      }
    }
    run(1000)
    run(1001)
    fail()
    run(1002)
    fail()
    run(1003)
    specimen.settle()
    let ids = made.withLock { $0 }
    #expect(failures.withLock { $0 } == 2)
    #expect(try specimen.jobs(of: name).map(\.id) == ids, "each answer names the row that was committed")
    #expect(try specimen.jobs(of: name).compactMap(\.scheduledAt) == (1000..<1004).map(Instant.at))
    #expect(try specimen.rows("SELECT count(*), max(sequence) FROM events WHERE type = 'job.pending'") == ["4|5"])
    #expect(try specimen.findings().isEmpty)
    // The first write that must leave a row alone is repeated once; the second one meets it a second time.
    #expect(runs.withLock { $0 } == (fault == .leftAlone ? 3 : 2))
    close()
  }

  @Test("A group that is lost while it is repeated answers every write, and nothing of it is stored")
  func lost() throws {
    let name = try #require(WorkflowName("w"))
    let answers = Mutex<[String]>([])
    let runs = Mutex(0)
    let post = { [store = specimen.store] (word: String, body: @escaping @Sendable (LedgerVerbs) throws -> Void) in
      store.write { (result: Result<Int, Refusal>) in
        let isUnavailable = if case .failure(.unavailable) = result { true } else { false }
        answers.withLock { $0.append("\(word) \(isUnavailable)") }
      } _: { verbs in
        _ = try verbs.run(RunRequest(name, start: .at(.at(3000))), at: .at(1))
        try body(verbs)
        return 0
      }
    }
    post("first") { [store = specimen.store] _ in
      guard
        runs.withLock({
          $0 += 1; return $0
        }) == 2
      else { return }
      // As SQLite does with a full disk.
      try store.assumeIsolated { try $0.connection.rollBack() }
      throw StoreError(code: SQLITE_FULL, operation: "x", message: "x")
    }
    post("second") { _ in throw Refusal.notFound(.workflow(name)) }
    specimen.settle()
    #expect(answers.withLock { $0 } == ["first true", "second true"])
    #expect(try specimen.jobs(of: name).isEmpty)
    post("third") { _ in }
    specimen.settle()
    #expect(answers.withLock { $0 }.last == "third false")
    close()
  }

  @Test("A write for whose answer nobody waits is committed with the next other write, or 2 ms later")
  func patient() throws {
    let simulation = specimen.simulation
    let order = Mutex<[String]>([])
    let write = { [store = specimen.store] (name: String, isPatient: Bool) in
      store.write(isPatient: isPatient) { (_: Result<Int, Refusal>) in
        order.withLock { $0.append(name) }
      } _: { verbs in
        try verbs.event(.daemonStarted, at: .at(1), workflow: nil)
        return 0
      }
    }
    write("before", true)
    specimen.settle()
    #expect(order.withLock { $0 } == ["before"], "without an alarm no write waits")
    specimen.store.open(alarms: simulation, time: simulation)
    write("first", true)
    write("second", true)
    simulation.run(until: simulation.now + .microseconds(1999))
    #expect(order.withLock { $0 } == ["before"])
    simulation.run(until: simulation.now + .microseconds(1))
    #expect(order.withLock { $0 } == ["before", "first", "second"])
    write("third", true)
    write("prompt", false)
    specimen.settle()
    #expect(order.withLock { $0 } == ["before", "first", "second", "third", "prompt"])
    write("last", true)
    specimen.store.call { $0.close() }
    #expect(order.withLock { $0.last } == "last")
    observer.call { $0.close() }
  }

  @Test("A kill before the commit loses only unanswered writes")
  func killed() throws {
    let name = try #require(WorkflowName("w"))
    let answered = try post(5)
    #expect(answered.count == 5)
    let answers = Mutex(0)
    let crashed = Mutex<StoreFiles?>(nil)
    let path = file.path
    for _ in 0..<5 {
      specimen.store.run(RunRequest(name, start: .at(.at(2000))), at: .at(2)) { _ in answers.withLock { $0 += 1 } }
    }
    // This runs inside the transaction of the five writes. The files on disk are what a kill would leave.
    specimen.store.write { (_: Result<Int, Refusal>) in
    } _: { [store = specimen.store] _ in
      #expect(try store.assumeIsolated { try $0.inspect("SELECT count(*) FROM jobs") } == ["10"])
      #expect(answers.withLock { $0 } == 0)
      let files = try StoreFiles(at: path)
      crashed.withLock { $0 = files }
      return 0
    }
    specimen.settle()
    #expect(answers.withLock { $0 } == 5)
    let left = try #require(crashed.withLock { $0 })
    let after = try StoreSpecimen(file: try left.write())
    #expect(try after.rows("SELECT count(*) FROM jobs") == ["5"])
    #expect(try after.findings().isEmpty)
    after.store.call { $0.close() }
    close()
  }

  @Test("A closing store commits pending writes, and refuses later ones")
  func closing() throws {
    let name = try #require(WorkflowName("w"))
    let results = Mutex<[Bool]>([])
    let keep: Answer<(id: JobID, change: PlanChange)> = { result in
      results.withLock { $0.append((try? result.get()) != nil) }  // Whether it was done is all that counts here.
    }
    specimen.store.run(RunRequest(name, start: .at(.at(1000))), at: .at(1), answer: keep)
    specimen.store.call { $0.close() }
    specimen.store.run(RunRequest(name, start: .at(.at(1000))), at: .at(1), answer: keep)
    specimen.settle()
    #expect(results.withLock { $0 } == [true, false])
    #expect(observer.call { $0.rows("SELECT count(*) FROM jobs") } == ["1"])
    observer.call { $0.close() }
  }

  private func close() {
    observer.call { $0.close() }
    specimen.store.call { $0.close() }
  }
}
