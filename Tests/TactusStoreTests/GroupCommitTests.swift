import Synchronization
import TactusModel
import TactusPorts
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
    } _: { tables in
      #expect(try tables.connection.inspect("SELECT count(*) FROM jobs") == ["10"])
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
