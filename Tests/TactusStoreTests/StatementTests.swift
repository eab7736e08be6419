import Synchronization
import TactusModel
import TactusPorts
import TactusTestSupport
import Testing

@testable import TactusStore

/// Counts the statements of verbs, because each one delays every write behind it.
@Suite("Statements")
struct StatementTests {
  /// A file whose statements are counted.
  private final class Counter: Sendable {
    let total = Mutex(0)

    /// Returns the number of statements that a body runs, without the ones that begin and end its transaction.
    func count(_ body: () throws -> Void) rethrows -> Int {
      total.withLock { $0 = 0 }
      try body()
      return total.withLock { $0 } - 2
    }
  }

  @Test("A job on demand takes 13 statements from its request to its end")
  func onDemand() throws {
    let counter = Counter()
    let specimen = try StoreSpecimen(
      file: TemporaryFile(), disk: { isInside in if isInside { counter.total.withLock { $0 += 1 } } })
    let stage = Stage(specimen)
    try stage.apply(.sample(every: nil, overlap: .allow), at: 0)
    let life = {
      var job: JobID?
      var claims: [ClaimedJob] = []
      let run = try counter.count { job = try stage.run(at: 1).id }
      let id = try #require(job)
      let claim = try counter.count { claims = try stage.claim([id], at: 1) }
      let claimed = try #require(claims.first)
      let start = try counter.count { try stage.start(claimed, at: 1) }
      let exit = try counter.count { _ = try stage.ask { $0.recordExit(id, fence: claimed.fence, answer: $1) } }
      let end = try counter.count { try stage.end(claimed, at: 2) }
      return [run, claim, start, exit, end]
    }
    // The first job also prepares the statements.
    _ = try life()
    #expect(try life() == [4, 1, 2, 1, 5])
    specimen.store.call { $0.close() }
  }
}
