import Dispatch
import Synchronization
import TactusLinux
import TactusModel
import TactusPorts
import TactusTestSupport
import Testing

@testable import TactusSystemd

/// Output of jobs on its way to the journal.
@Suite(.timeLimit(.minutes(5)))
struct JournalOutputTests {
  private let stage = Stage()

  @Test("A line carries the fields of its job, its stream and a priority, the bytes as they are")
  func fields() throws {
    let output = stage.output()
    let name = try #require(WorkflowName("nightly-backup"))
    output.label(JobLabels(stage.job, workflow: name, kind: .command, trigger: .manual, attempt: 2))
    output.append([Stage.line("a=b\u{1B}"), Stage.line("oops", .stderr, isPartial: true)], to: stage.job) { _ in }
    output.flush(within: patience)
    let labels = [
      "SYSLOG_IDENTIFIER=nightly-backup", "TACTUS_JOB_ID=\(stage.job)", "TACTUS_WORKFLOW=nightly-backup",
      "TACTUS_KIND=command", "TACTUS_TRIGGER=MANUAL", "TACTUS_ATTEMPT=2",
    ]
    #expect(
      stage.sent == [
        labels + ["PRIORITY=6", "TACTUS_STREAM=stdout", "MESSAGE=a=b\u{1B}"],
        labels + ["PRIORITY=5", "TACTUS_STREAM=stderr", "TACTUS_PARTIAL=1", "MESSAGE=oops"],
      ])
    output.forget(stage.job)
    output.append([Stage.line("late")], to: stage.job) { _ in }
    output.flush(within: patience)
    #expect(stage.sent.count == 2)
    #expect(stage.kept == 3, "the sink has what comes late, too")
  }

  @Test(
    "A journal that takes nothing delays nobody; what finds no room is counted in bytes, and told once it takes again")
  func blocked() throws {
    // Room for 8 lines of 72 bytes; one job gets half of it.
    let output = stage.output(limit: 8 * (72 + Limits.journalLineOverhead))
    let other = JobID(high: 1, low: 2)
    for job in [stage.job, other] { output.label(JobLabels(job)) }
    stage.block()
    let line = Stage.line(String(repeating: "x", count: 72))
    let begin = SystemTime().monotonic
    for _ in 0..<1000 { output.append([line], to: stage.job) { _ in } }
    output.append([line], to: other) { _ in }
    // One that waited for the journal would wait until it is emptied below.
    #expect(SystemTime().monotonic - begin < .seconds(60))
    #expect(stage.kept == 1001, "the sink has them all")
    #expect(stage.told.isEmpty)
    stage.unblock()
    stage.awaitTold()
    #expect(stage.sent.count == 5, "half of the room for the one that floods, and the other's")
    #expect(stage.told.map(\.kind) == [.outputDropped])
    #expect(stage.told.first?[.count] == "996" && stage.told.first?[.bytes] == "\(996 * 72)")
  }

  @Test("What the journal refuses is counted as well, and all of it is told at the stop")
  func refused() {
    let output = stage.output { _ in false }
    output.label(JobLabels(stage.job))
    output.append([Stage.line("one"), Stage.line("three")], to: stage.job) { _ in }
    output.flush(within: patience)
    #expect(stage.told.map { $0[.count] } == ["2"])
    #expect(stage.told.map { $0[.bytes] } == ["8"])
  }
}

/// A sink, a journal that can be made to take nothing, and what both got.
private final class Stage: Sendable, OutputSink, Journal {
  let job = JobID(high: 1, low: 1)
  private let gate = DispatchSemaphore(value: 0)
  private let news = DispatchSemaphore(value: 0)
  private let state = Mutex(State())

  private struct State {
    var isBlocked = false
    var sent: [[String]] = []
    var kept = 0
    var told: [JournalEntry] = []
  }

  var sent: [[String]] { state.withLock { $0.sent } }
  var kept: Int { state.withLock { $0.kept } }
  var told: [JournalEntry] { state.withLock { $0.told } }

  static func line(_ text: String, _ stream: OutputStream = .stdout, isPartial: Bool = false) -> OutputLine {
    OutputLine(stream: stream, at: Instant(microseconds: 0), bytes: Array(text.utf8), isPartial: isPartial)
  }

  func output(
    limit: Int = Limits.journalOutputBytes, send: (@Sendable (inout JournalRecord) -> Bool)? = nil
  ) -> JournalOutput {
    JournalOutput(
      over: self, queue: DispatchWorkQueue(label: "test.output", level: .leaf), journal: self, time: SystemTime(),
      alarms: LinuxAlarms(time: SystemTime()), limit: limit, send: send ?? { self.send($0) })
  }

  private func send(_ record: JournalRecord) -> Bool {
    if state.withLock({ $0.isBlocked }) {
      gate.wait()
      gate.signal()
    }
    state.withLock { $0.sent.append(record.fields) }
    return true
  }

  func block() { state.withLock { $0.isBlocked = true } }

  func unblock() {
    state.withLock { $0.isBlocked = false }
    gate.signal()
  }

  func awaitTold() { news.wait() }

  func append(_ lines: [OutputLine], to id: JobID, answer: @escaping @Sendable (Bool) -> Void) {
    state.withLock { $0.kept += lines.count }
    answer(true)
  }

  func discard(_ id: JobID, answer: @escaping @Sendable (Bool) -> Void) { answer(true) }

  func tell(_ entry: JournalEntry) {
    state.withLock { $0.told.append(entry) }
    news.signal()
  }
}
