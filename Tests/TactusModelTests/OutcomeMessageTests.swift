import TactusModel
import Testing

struct OutcomeMessageTests {
  @Test("A time-out says what the attempt waited for; no other reason to stop does")
  func standing() {
    var report = Report()
    report.standing = "example.org:443 accepted the connection and sent no answer"
    for reason in StopReason.allCases {
      let outcome = Outcome(.failed(.connectionFailed, "aborted"), stop: reason, report: report)
      #expect(outcome.errorCode == reason.errorCode)
      #expect(
        outcome.message
          == (reason == .timeout
            ? "exceeded its time-out: example.org:443 accepted the connection and sent no answer" : reason.sentence))
    }
    let silent = Outcome(.failed(.connectionFailed, "aborted"), stop: .timeout, report: Report())
    #expect(silent.message == "exceeded its time-out")
  }

  @Test("What is worth knowing of a success is its message, and that of a failure is its own")
  func note() {
    var report = Report()
    report.note = "redirected to https://example.org/ (302)"
    #expect(Outcome(.succeeded, stop: nil, report: report).message == "redirected to https://example.org/ (302)")
    #expect(Outcome(.failed(.statusMismatch, "no"), stop: nil, report: report).message == "no")
    #expect(Outcome(.succeeded, stop: nil, report: Report()).message == nil)
  }
}
