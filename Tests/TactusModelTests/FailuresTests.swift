import TactusModel
import Testing

/// Consecutive failures.
struct FailuresTests {
  @Test("Only job-class failures count", arguments: ErrorCode.allCases)
  func classes(_ code: ErrorCode) {
    var failures = Failures(consecutive: 1, limit: 10)
    let consequence = failures.count(status: code.status, errorCode: code)
    #expect(failures.consecutive == (code.class == .job ? 2 : 1))
    #expect(consequence == .none)
  }

  @Test("The first failure is reported, the limit terminates the workflow, and a success in between resets")
  func sequence() {
    var failures = Failures(consecutive: 0, limit: 3)
    let fail = { (failures: inout Failures) in failures.count(status: .failed, errorCode: .exitNonzero) }
    #expect(fail(&failures) == .failing)
    #expect(fail(&failures) == .none)
    #expect(failures.count(status: .completed, errorCode: nil) == .recovered)
    #expect(failures.count(status: .completed, errorCode: nil) == .none)
    #expect(failures.consecutive == 0)
    #expect(fail(&failures) == .failing)
    #expect(fail(&failures) == .none)
    #expect(fail(&failures) == .exhausted)
    #expect(failures.consecutive == 3)
  }

  @Test("A limit of one terminates the workflow at the first failure, and infinity never does")
  func limits() {
    var strict = Failures(consecutive: 0, limit: 1)
    #expect(strict.count(status: .failed, errorCode: .statusMismatch) == .exhausted)
    var patient = Failures(consecutive: 100_000, limit: nil)
    #expect(patient.count(status: .failed, errorCode: .connectionFailed) == .none)
  }

  @Test("A failure of a manual run after the limit is reported again")
  func beyond() {
    var failures = Failures(consecutive: 3, limit: 3)
    #expect(failures.count(status: .failed, errorCode: .exitNonzero) == .exhausted)
    #expect(failures.consecutive == 4)
  }

  @Test(
    "Statuses other than COMPLETED and FAILED change nothing",
    arguments: [JobStatus.pending, .queued, .running, .canceled])
  func others(_ status: JobStatus) {
    var failures = Failures(consecutive: 2, limit: 3)
    #expect(failures.count(status: status, errorCode: nil) == .none)
    #expect(failures.consecutive == 2)
  }
}
