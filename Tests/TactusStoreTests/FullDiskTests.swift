import Synchronization
import TactusModel
import TactusPorts
import TactusTestSupport
import Testing

@testable import TactusStore

/// Every write is answered once and correctly, the failure is reported once, and writing continues without
/// intervention.
@Suite("A store that cannot write")
struct FullDiskTests {
  /// The calls of the health callback, in order; nil means that writing works again.
  private final class Reported: Sendable {
    private let kept = Mutex<[StoreError?]>([])
    var errors: [StoreError?] { kept.withLock { $0 } }
    func note(_ error: StoreError?) { kept.withLock { $0.append(error) } }
  }

  private typealias Answered = Result<JobID, Refusal>

  /// Posts manual jobs for later; returns the answers by the number of the write.
  private func post(_ count: Int, to specimen: StoreSpecimen) throws -> [Answered] {
    let name = try #require(WorkflowName("w"))
    let answers = Mutex<[Int: [Answered]]>([:])
    for number in 0..<count {
      specimen.store.run(RunRequest(name, start: .at(.at(1000 + number))), at: .at(1)) { result in
        answers.withLock { $0[number, default: []].append(result.map(\.id)) }
      }
    }
    specimen.settle()
    let given = answers.withLock { $0 }
    let counts = (0..<count).map { given[$0]?.count ?? 0 }
    #expect(counts.allSatisfy { $0 == 1 }, "each write is answered once, not \(counts)")
    return (0..<count).compactMap { given[$0]?.first }
  }

  /// Compares the answers with the rows: there is a row for each success and no other row.
  private func compare(_ answers: [Answered], with specimen: StoreSpecimen, _ comment: Comment) throws {
    let done = answers.compactMap { try? $0.get() }  // Failures are counted below.
    let rows = try specimen.jobs(of: try #require(WorkflowName("w"))).map(\.id)
    #expect(Set(rows) == Set(done), comment)
    #expect(try specimen.rows("SELECT count(*) FROM events WHERE job_id IS NOT NULL") == ["\(done.count)"], comment)
    for case .failure(let failure) in answers {
      guard case .unavailable = failure else {
        Issue.record("\(failure) is not the error of a full disk: \(comment)")
        continue
      }
    }
    #expect(try specimen.findings().isEmpty, comment)
    #expect(try specimen.rows("PRAGMA integrity_check") == ["ok"], comment)
  }

  @Test("A page that cannot be allocated fails only the writes that need it", arguments: [1, 20])
  func pages(batch: Int) throws {
    var failedAt: Set<Int> = []
    for room in 0..<25 {
      let reported = Reported()
      let specimen = try StoreSpecimen(file: nil, health: reported.note)
      try Stage(specimen).apply(.sample(every: nil), at: 0)
      let pages = try #require(try specimen.rows("PRAGMA page_count").first.flatMap(Int.init))
      try specimen.execute("PRAGMA max_page_count = \(pages + room)")
      var answers: [Answered] = []
      while answers.count < 100 { answers += try post(batch, to: specimen) }
      try compare(answers, with: specimen, "room for \(room) pages")
      let failed = answers.count { if case .failure = $0 { true } else { false } }
      if failed > 0 { failedAt.insert(room) }
      #expect(reported.errors.isEmpty == (failed == 0))
      #expect(
        reported.errors.enumerated().allSatisfy { ($0.element != nil) == ($0.offset % 2 == 0) },
        "each change is reported once")

      try specimen.execute("PRAGMA max_page_count = 100000")
      answers += try post(batch, to: specimen)
      #expect(answers.suffix(batch).allSatisfy { if case .success = $0 { true } else { false } })
      try compare(answers, with: specimen, "after room for \(room) pages")
      if failed > 0 { #expect(reported.errors.last == .some(nil)) }
      #expect(specimen.store.call { $0.lastFailure } == nil)
    }
    #expect(failedAt.isSuperset(of: [1, 2, 3]), "the limit was never reached")
  }

  @Test("A verb that fails half-way changes nothing, at whichever page it fails")
  func verbs() throws {
    var failures = 0
    for room in 0..<8 {
      let specimen = try StoreSpecimen(file: nil)
      let stage = Stage(specimen)
      try stage.apply(.sample(overlap: .allow, misfire: .all, failures: nil), at: 0)
      let pages = try #require(try specimen.rows("PRAGMA page_count").first.flatMap(Int.init))
      try specimen.execute("PRAGMA max_page_count = \(pages + room)")
      var running: [ClaimedJob] = []
      for round in 1...40 {
        let now = 100 * round
        let verbs: [() throws -> Void] = [
          { running = try stage.claim(stage.release(at: now).change.queued.map(\.id), at: now) },
          {
            if let claim = running.first { try stage.end(claim, .failed(.exitNonzero, "why"), startedAt: now, at: now) }
          },
          { if let planned = try stage.planned() { try stage.cancel(planned.id, at: now) } },
          { try stage.apply(.sample(every: 10 + round, overlap: .allow, misfire: .all, failures: nil), at: now) },
          { try stage.terminate(at: now + 50) },
          { try stage.resume(at: now + 60) },
        ]
        for verb in verbs {
          let before = (try stage.jobs(), try stage.events(), try stage.decisions(), try stage.workflow())
          let refusal = stage.refusal(of: verb)
          guard let refusal else { continue }
          failures += 1
          guard case .unavailable = refusal else {
            Issue.record("\(refusal) is not the error of a full disk")
            continue
          }
          let after = (try stage.jobs(), try stage.events(), try stage.decisions(), try stage.workflow())
          // A release may have become durable before its claim failed.
          let isClaim = after.0.count > before.0.count
          #expect(isClaim || after == before)
        }
        if failures > 20 * (room + 1) { break }
      }
      #expect(try specimen.findings().isEmpty)
      try specimen.execute("PRAGMA max_page_count = 100000")
      try stage.release(at: 10_000)
      try stage.realign(at: 10_001)
      try stage.run(at: 10_002)
      #expect(try specimen.findings().isEmpty)
      #expect(specimen.store.call { $0.lastFailure } == nil)
    }
    #expect(failures > 20, "the limit was never reached")
  }

  @Test("A read-only medium is reported once, and cleared by the first write that succeeds")
  func readOnly() throws {
    let reported = Reported()
    let specimen = try StoreSpecimen(file: nil, health: reported.note)
    try Stage(specimen).apply(.sample(every: nil), at: 0)
    try specimen.execute("PRAGMA query_only = ON")
    var answers: [Answered] = []
    for _ in 1...3 { answers += try post(2, to: specimen) }
    #expect(reported.errors.count == 1)
    #expect(specimen.store.call { $0.lastFailure }?.isUnavailability == true)
    try specimen.execute("PRAGMA query_only = OFF")
    answers += try post(1, to: specimen)
    try compare(answers, with: specimen, "after it was read-only")
    #expect(reported.errors.count == 2)
    #expect(reported.errors.last == .some(nil))
  }

  @Test(
    "A full file system fails new writes, keeps answered ones, and recovers when there is room",
    .enabled(if: TemporaryMount.isPermitted, "needs the right to mount a file system"))
  func fullFileSystem() throws {
    let place = try TemporaryMount(kilobytes: 1500)
    let reported = Reported()
    let specimen = try StoreSpecimen(path: "\(place.path)/tactus.db", health: reported.note)
    try Stage(specimen).apply(.sample(every: nil), at: 0)
    var answers = try post(10, to: specimen)
    for round in 1...3 {
      try place.fill()
      // Writes that fit into the log may still succeed.
      for _ in 1...40 { answers += try post(5, to: specimen) }
      #expect(reported.errors.count == 2 * round - 1)
      #expect(reported.errors.last??.isUnavailability == true)
      // A write without changes must not count as a recovery.
      let stage = Stage(specimen)
      for _ in 1...3 {
        _ = stage.refusal { try stage.remnants() }
        _ = stage.refusal { try stage.terminate("none", at: 1) }
        _ = stage.refusal { try stage.apply(.sample(every: 5), dryRun: true, at: 1) }
      }
      #expect(reported.errors.count == 2 * round - 1)
      place.clear()
      answers += try post(5, to: specimen)
      #expect(reported.errors.count == 2 * round)
      try compare(answers, with: specimen, "round \(round)")
    }
    specimen.store.call { $0.close() }
    let again = try StoreSpecimen(path: "\(place.path)/tactus.db")
    try compare(answers, with: again, "opened again")
    again.store.call { $0.close() }
  }
}
