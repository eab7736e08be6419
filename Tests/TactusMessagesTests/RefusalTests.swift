import TactusMessages
import TactusModel
import Testing

@Suite("Refusals")
struct RefusalTests {
  private static let job = JobID(high: 1, low: 2)

  private func name() throws -> WorkflowName { try #require(WorkflowName("nightly")) }

  private func conflicts() throws -> [Refusal.Conflict] {
    let (name, job) = (try name(), Self.job)
    return [
      .ownedByFile(name), .ownedByRemovedFile(name), .ownedBySocket(name), .fileRemoved(name), .active(name),
      .hasLiveJob(name, job), .leftAlone(name), .ended(job, .completed), .exited(job), .planned(job),
      .notSchedulable(job, .queued), .notUnverified(job, .running, .running),
      .keyInUse("k", request: "run nightly held", job: job), .unreadableJobs([job]),
      .unreadable(UnreadableRow(table: "jobs", row: "1", column: "kind", problem: .damaged(.malformedQueueName))),
    ]
  }

  @Test("Each conflict has a sentence of its own, which names the workflow or the job")
  func named() throws {
    let sentences = try conflicts().map(\.description)
    #expect(Set(sentences).count == sentences.count)
    for sentence in sentences.dropLast() {
      #expect(sentence.contains("nightly") || sentence.contains("\(Self.job)"), "\(sentence)")
    }
  }

  @Test("A way out is a sentence of its own that begins with a verb and names the command")
  func ways() throws {
    let name = try name()
    let ways: [(Refusal.Conflict, String)] = [
      (.ownedByFile(name), "Edit that file and run tactusctl reload."),
      (.ownedByRemovedFile(name), "Run tactusctl delete nightly, then apply again."),
      (.ownedBySocket(name), "Change it with apply."),
      (.fileRemoved(name), "Put it back, then run tactusctl reload."),
      (.active(name), "Run tactusctl terminate nightly first."),
      (.hasLiveJob(name, Self.job), "Wait for it or cancel it, then try again."),
      (.planned(Self.job), "Use tactusctl run for a job at another time."),
      (.keyInUse("k", request: "r", job: Self.job), "Choose another key."),
    ]
    for (conflict, way) in ways { #expect(conflict.description.contains(". \(way)"), "\(conflict)") }
  }

  @Test("A sentence has at most 25 words, and no semicolon")
  func short() throws {
    for conflict in try conflicts() {
      #expect(!conflict.description.contains(";"))
      for sentence in conflict.description.components(separatedBy: ". ") {
        #expect(sentence.split(separator: " ").count <= 25, "\(sentence)")
      }
    }
  }

  @Test("What is missing is named in words of the interfaces")
  func missing() throws {
    let name = try name()
    #expect("\(Refusal.notFound(.workflow(name)))" == "no workflow nightly")
    #expect("\(Refusal.notFound(.job(Self.job)))" == "no job \(Self.job)")
    #expect(Refusal.Subject.anyJob(of: name).entity == "job" && Refusal.Subject.anyJob(of: name).name == "of nightly")
  }

  @Test("An instant outside of the range is refused with the range")
  func instants() throws {
    let now = Instant(microseconds: 1_800_000_000_000_000)
    let early = try #require(ManualStart.fault(of: now - .seconds(61), now: now)).description
    let late = try #require(ManualStart.fault(of: now + .seconds(1828 * 86_400), now: now)).description
    #expect(early.contains("too long ago") && late.contains("too far ahead"))
    for sentence in [early, late] {
      #expect(sentence.contains("is \(now - .seconds(60)) (60 s in the past) to \(now + .seconds(1827 * 86_400))"))
    }
  }
}

extension String {
  fileprivate func components(separatedBy separator: String) -> [Substring] {
    var (parts, rest): ([Substring], Substring) = ([], self[...])
    while let range = rest.firstRange(of: separator) {
      parts.append(rest[..<range.lowerBound])
      rest = rest[range.upperBound...]
    }
    return parts + [rest]
  }
}
