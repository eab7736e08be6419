import Dispatch
import Synchronization
import TactusLinux
import TactusModel
import TactusPorts
import TactusTestSupport
import Testing

@testable import TactusSystemd

/// The output of jobs, sent to the journal.
@Suite(.timeLimit(.minutes(5)))
struct JournalOutputTests {
  private let stage = Stage()

  @Test("A line has the fields of its job, its stream and a priority, and its bytes are unchanged")
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
    #expect(stage.kept == 3, "the sink also has late output")
  }

  @Test(
    "A blocked journal delays no job, and dropped output is counted in bytes and reported later")
  func blocked() throws {
    // There is room for 8 lines of 72 bytes. One job gets half of it.
    let output = stage.output(limit: 8 * (72 + Limits.journalLineOverhead))
    let other = JobID(high: 1, low: 2)
    for job in [stage.job, other] { output.label(JobLabels(job)) }
    stage.block()
    let line = Stage.line(String(repeating: "x", count: 72))
    let begin = SystemTime().monotonic
    for _ in 0..<1000 { output.append([line], to: stage.job) { _ in } }
    output.append([line], to: other) { _ in }
    // A call that waited for the journal would wait until it is emptied below.
    #expect(SystemTime().monotonic - begin < .seconds(60))
    #expect(stage.kept == 1001, "the sink has them all")
    #expect(stage.reported.isEmpty)
    stage.unblock()
    stage.awaitReported()
    #expect(stage.sent.count == 5, "half of the room for the job that floods, and the line of the other job")
    #expect(stage.reported.map(\.kind) == [.outputDropped])
    #expect(stage.reported.first?[.count] == "996" && stage.reported.first?[.bytes] == "\(996 * 72)")
  }

  @Test("Output that the journal refuses is also counted, and the total is reported at the stop")
  func refused() {
    let output = stage.output { _ in false }
    output.label(JobLabels(stage.job))
    output.append([Stage.line("one"), Stage.line("three")], to: stage.job) { _ in }
    output.flush(within: patience)
    #expect(stage.reported.map { $0[.count] } == ["2"])
    #expect(stage.reported.map { $0[.bytes] } == ["8"])
  }
}

/// A sink, and a journal that can be blocked, with what both received.
private final class Stage: Sendable, OutputSink, Journal {
  let job = JobID(high: 1, low: 1)
  private let gate = DispatchSemaphore(value: 0)
  private let news = DispatchSemaphore(value: 0)
  private let state = Mutex(State())

  private struct State {
    var isBlocked = false
    var sent: [[String]] = []
    var kept = 0
    var reported: [JournalEntry] = []
  }

  var sent: [[String]] { state.withLock { $0.sent } }
  var kept: Int { state.withLock { $0.kept } }
  var reported: [JournalEntry] { state.withLock { $0.reported } }

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

  func awaitReported() { news.wait() }

  func append(_ lines: [OutputLine], to id: JobID, answer: @escaping @Sendable (Bool) -> Void) {
    state.withLock { $0.kept += lines.count }
    answer(true)
  }

  func discard(_ id: JobID, answer: @escaping @Sendable (Bool) -> Void) { answer(true) }

  func report(_ entry: JournalEntry) {
    state.withLock { $0.reported.append(entry) }
    news.signal()
  }
}
