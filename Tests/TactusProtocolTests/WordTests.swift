import Foundation
import TactusModel
import Testing

@testable import TactusProtocol

@Suite("Words of another version")
struct WordTests {
  @Test("A word that is unknown to this version is kept unchanged, and equals no known word")
  func unknown() throws {
    let word = Word<JobStatus>(rawValue: "PAUSED")
    #expect(word == .unknown("PAUSED") && word.known == nil && !word.isTerminal)
    #expect(JobStatus.allCases.allSatisfy { word != $0 })
    #expect(Word<JobStatus>(rawValue: "FAILED") == JobStatus.failed)
    #expect(try JSONEncoder().encode([word]) == Data(#"["PAUSED"]"#.utf8))
  }

  @Test("A job, a workflow, an event and an explanation of a newer daemon are read, with all their words")
  func replies() throws {
    func reads<Value: Codable>(_ value: Value, _ words: String...) throws {
      var text = String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
      for word in words { text = text.replacing("\"\(word)\"", with: "\"newer\"") }
      let read = try JSONDecoder().decode(Value.self, from: Data(text.utf8))
      let again = String(decoding: try JSONEncoder().encode(read), as: UTF8.self)
      #expect(again.matches(of: /"newer"/).count == words.count, "\(again)")
    }
    var job = try Samples.job()
    job.errorCode = .known(.exitNonzero)
    try reads(WireJob(job), job.status.rawValue, "EXIT_NONZERO", job.trigger.rawValue)
    let event = Event(sequence: 1, at: Samples.at, type: .jobFailed, status: .failed, errorCode: .lost)
    try reads(ReadEvents.Reply(event, epoch: "e"), "job.failed", "FAILED", "LOST")
    try reads(Diagnosis("clock", .warning, "it is late"), "warning")
  }
}
