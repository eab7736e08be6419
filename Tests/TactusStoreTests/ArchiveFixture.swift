import Synchronization
import TactusModel
import TactusPorts
import TactusSimulation
import TactusTestSupport
import Testing

@testable import TactusStore

/// A store in a file, a stage for it, and an archive that reads it.
final class ArchiveFixture {
  let specimen: StoreSpecimen
  let stage: Stage
  let archive: Archive

  init(unreadable: @escaping @Sendable (UnreadableRow) -> Void = { _ in }) throws {
    let file = TemporaryFile()
    specimen = try StoreSpecimen(file: file, unreadable: unreadable)
    stage = Stage(specimen)
    archive = try Archive(
      file: file.path, queue: specimen.simulation.queue("tactus.read.1", level: .leaf),
      queues: [QueueName(builtIn: .command): QueueLimits(maxRunning: 4, maxQueued: 3)],
      unreadable: unreadable)
  }

  deinit {
    archive.call { $0.close() }
    specimen.store.call { $0.close() }
  }

  func ask<Value: Sendable>(_ body: (Archive, @escaping Answer<Value>) -> Void) throws -> Value {
    let answers = Mutex<[Result<Value, Refusal>]>([])
    body(archive) { result in answers.withLock { $0.append(result) } }
    specimen.settle()
    let given = answers.withLock { $0 }
    #expect(given.count == 1, "a read is answered exactly once")
    return try #require(given.first).get()
  }

  /// Returns all pages of a list, joined; checks that each is no longer than asked for.
  func jobs(_ filter: JobFilter) throws -> [Job] {
    var filter = filter
    var jobs: [Job] = []
    var pages = 0
    repeat {
      let page = try ask { $0.jobs(matching: filter, answer: $1) }
      #expect(page.jobs.count <= filter.limit)
      jobs += page.jobs
      filter.before = page.next
      pages += 1
    } while filter.before != nil && pages < 10_000
    return jobs
  }
}
