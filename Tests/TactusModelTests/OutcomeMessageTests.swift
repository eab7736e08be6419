import TactusModel
import Testing

struct OutcomeMessageTests {
  @Test("The message of a time-out names what the attempt waited for; messages of other stop reasons do not")
  func standing() {
    var report = Report()
    report.standing = "example.org:443 accepted the connection but sent no answer"
    for reason in StopReason.allCases {
      let outcome = Outcome(.failed(.connectionFailed, "aborted"), stop: reason, report: report)
      #expect(outcome.errorCode == reason.errorCode)
      #expect(
        outcome.message
          == (reason == .timeout
            ? "exceeded its time-out: example.org:443 accepted the connection but sent no answer" : reason.sentence))
    }
    let silent = Outcome(.failed(.connectionFailed, "aborted"), stop: .timeout, report: Report())
    #expect(silent.message == "exceeded its time-out")
  }

  @Test("A note becomes the message of a success, and a failure keeps its own message")
  func note() {
    var report = Report()
    report.note = "redirected to https://example.org/ (302)"
    #expect(Outcome(.succeeded, stop: nil, report: report).message == "redirected to https://example.org/ (302)")
    #expect(Outcome(.failed(.statusMismatch, "no"), stop: nil, report: report).message == "no")
    #expect(Outcome(.succeeded, stop: nil, report: Report()).message == nil)
  }
}
