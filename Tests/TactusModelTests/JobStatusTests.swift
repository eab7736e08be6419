import TactusModel
import Testing

/// The six statuses, their phases, and the transitions between them.
struct JobStatusTests {
  /// All allowed transitions; all other pairs are refused.
  private static let allowed: Set<[JobStatus]> = [
    [.pending, .queued], [.pending, .canceled],
    [.queued, .running], [.queued, .failed], [.queued, .canceled],
    [.running, .completed], [.running, .failed], [.running, .canceled],
  ]

  @Test("Exactly eight pairs of statuses are transitions", arguments: JobStatus.allCases, JobStatus.allCases)
  func pairs(_ from: JobStatus, _ next: JobStatus) {
    #expect(from.mayBecome(next) == Self.allowed.contains([from, next]))
  }

  @Test("A terminal status has no transitions, and every other status has some", arguments: JobStatus.allCases)
  func terminal(_ status: JobStatus) {
    #expect(status.isTerminal == JobStatus.allCases.allSatisfy { !status.mayBecome($0) })
  }

  @Test("Only QUEUED and RUNNING are live")
  func live() {
    #expect(JobStatus.allCases.filter(\.isLive) == [.queued, .running])
  }

  @Test("Statuses have the spelling of the store and the wire")
  func words() {
    #expect(JobStatus.allCases.map(\.rawValue) == ["PENDING", "QUEUED", "RUNNING", "COMPLETED", "FAILED", "CANCELED"])
    #expect(Trigger.allCases.map(\.rawValue) == ["AUTOMATIC", "MANUAL"])
  }

  @Test("Only statuses that last have phases", arguments: Phase.allCases)
  func phases(_ phase: Phase) {
    #expect(!phase.statuses.isEmpty && !phase.statuses.contains { $0.isTerminal })
  }
}

/// Error codes and outcomes.
struct OutcomeTests {
  @Test("A code's class decides the status of its job", arguments: ErrorCode.allCases)
  func status(_ code: ErrorCode) {
    let canceling: Set<ErrorCode> = [.canceledByUser, .workflowTerminated, .overlapReplaced, .misfired]
    #expect(code.status == (canceling.contains(code) ? .canceled : .failed))
    #expect((code.class == .cancellation) == canceling.contains(code))
  }

  @Test("Infrastructure codes are never the job's fault")
  func infrastructure() {
    let codes = ErrorCode.allCases.filter { $0.class == .infrastructure }
    #expect(codes == [.providerError, .dispatchExhausted, .interrupted, .lost])
  }

  @Test("A stop reason decides, whatever the ending", arguments: StopReason.allCases)
  func reasonDecides(_ reason: StopReason) {
    for ending in [Ending.succeeded, .failed(.exitNonzero, "exit code 3")] {
      let outcome = Outcome(ending, stop: reason, report: Report())
      #expect(outcome.errorCode?.rawValue == reason.rawValue)
      #expect(outcome.status == reason.errorCode.status)
      #expect(outcome.message == reason.sentence)
    }
  }

  @Test("Without a stop reason an ending keeps its own result")
  func ownResult() {
    var report = Report()
    report.exitCode = 3
    #expect(
      Outcome(.failed(.exitNonzero, "exit code 3"), stop: nil, report: report)
        == Outcome(status: .failed, errorCode: .exitNonzero, message: "exit code 3", report: report))
    #expect(Outcome(.succeeded, stop: nil, report: report) == Outcome(status: .completed, report: report))
  }
}
