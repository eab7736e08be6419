import TactusMessages
import TactusModel
import Testing

@Suite("Explanations")
struct ExplanationTests {
  private static let at = Instant(microseconds: 1_795_000_000_000_000)

  private func job(_ status: JobStatus, _ phase: Phase? = nil, wait: Wait? = nil) -> Job {
    Job(
      id: JobID(high: 1, low: 2), workflow: WorkflowName("nightly"), kind: .command,
      queue: QueueName(builtIn: .command), priority: 0, trigger: .automatic, status: status, phase: phase, wait: wait,
      generation: 1, nominalAt: Self.at, scheduledAt: phase == .held ? nil : Self.at, createdAt: Self.at, queuedAt: nil,
      startedAt: nil, completedAt: nil, attempt: 1, errorCode: nil, errorMessage: nil, processID: nil, report: Report())
  }

  private func explain(_ job: Job, _ circumstances: Explanation.Circumstances = .init()) -> Explanation {
    Explanation(of: job, in: circumstances)
  }

  @Test("A waiting job names what it waits for: its time, an earlier run, room, or a slot with its place in line")
  func waiting() {
    #expect(explain(job(.pending, .held)).outcome == .planned)
    #expect(explain(job(.pending, .held)).sentence.contains("tactusctl schedule"))
    #expect(explain(job(.pending, .scheduled)).sentence == "waits for its time")
    var circumstances = Explanation.Circumstances()
    circumstances.blocker = JobID(high: 3, low: 4)
    let blocked = explain(job(.pending, .due, wait: .overlap), circumstances)
    #expect(blocked.outcome == .waiting && blocked.sentence.contains("waits for job \(JobID(high: 3, low: 4))"))
    circumstances.blocker = nil
    #expect(explain(job(.pending, .due, wait: .overlap), circumstances).sentence.contains("an earlier run"))
    (circumstances.running, circumstances.maxRunning) = (4, 4)
    (circumstances.queued, circumstances.maxQueued) = (1000, 1000)
    circumstances.place = Place(position: 1007, estimatedWait: nil)
    #expect(
      explain(job(.pending, .due, wait: .backlog), circumstances).sentence
        == "is due, but queue command is full with 1000 of 1000 QUEUED jobs (MaxQueued=), place 1007 in line")
    circumstances.place = Place(position: 3, estimatedWait: nil)
    let queued = explain(job(.queued, .queued), circumstances)
    #expect(queued.outcome == .waiting)
    #expect(
      queued.sentence == "waits for a slot of queue command: 4 of 4 slots are taken (MaxRunning=), place 3 in line")
    #expect(explain(job(.queued, .dispatching)).sentence.contains("is being started"))
  }

  @Test("A job that started in time says so, and a late one says what it waited for")
  func delays() {
    var job = job(.completed)
    (job.queuedAt, job.claimedAt) = (Self.at + .milliseconds(1), Self.at + .milliseconds(2))
    (job.startedAt, job.completedAt) = (Self.at + .milliseconds(4), Self.at + .seconds(1))
    #expect(explain(job).outcome == .ran)
    #expect(explain(job).sentence == "started in time, 4 ms after its instant")
    job.waited = .known(.overlap)
    job.queuedAt = Self.at + .seconds(12)
    job.claimedAt = Self.at + .seconds(72)
    job.startedAt = Self.at + .milliseconds(72_250)
    #expect(
      explain(job).sentence
        == "started 1 min 12 s late: 12.0 s for an earlier run of the same workflow (Overlap=), "
        + "1 min 0 s for a slot of queue command (MaxRunning=), 250 ms being started")
    job.waited = nil
    (job.queuedAt, job.claimedAt) = (Self.at + .seconds(7500), Self.at + .seconds(7500))
    job.startedAt = Self.at + .seconds(7500)
    #expect(explain(job).sentence.hasPrefix("started 2 h 5 min late: 2 h 5 min because tactusd was not running"))
    job.waited = .known(.backlog)
    #expect(explain(job).sentence.contains("for room in queue command (MaxQueued=)"))
  }

  @Test("A job that never started shows its error, and a canceled one shows the reason")
  func ends() {
    var lost = job(.failed)
    lost.errorCode = .known(.lost)
    #expect(explain(lost).sentence == "it was never started: LOST")
    let words: [(ErrorCode, String)] = [
      (.canceledByUser, "canceled on request"), (.workflowTerminated, "its workflow was terminated"),
      (.overlapReplaced, "Overlap=replace"), (.misfired, "Misfire="),
    ]
    for (code, word) in words {
      var canceled = job(.canceled)
      canceled.errorCode = .known(code)
      #expect(explain(canceled).outcome == .canceled && explain(canceled).sentence.contains(word))
    }
  }

  @Test("Every decision has a word of its own and names its rule", arguments: Decision.Reason.allCases)
  func decisions(_ reason: Decision.Reason) {
    let decision = Decision(reason: reason, first: Self.at, last: Self.at + .seconds(20), count: 3)
    let explanation = Explanation(of: decision, decidedAt: Self.at + .seconds(30))
    #expect(explanation.outcome.rawValue == reason.rawValue)
    #expect(explanation.count == 3 && explanation.lastAt == Self.at + .seconds(20))
    #expect(Set(Decision.Reason.allCases.map(\.sentence)).count == Decision.Reason.allCases.count)
    let single = Decision(reason: reason, first: Self.at, last: Self.at, count: 1)
    #expect(Explanation(of: single, decidedAt: Self.at).lastAt == nil)
  }
}
