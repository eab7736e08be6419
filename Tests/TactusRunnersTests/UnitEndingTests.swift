import TactusModel
import TactusSystemd
import Testing

@testable import TactusRunners

@Suite("The end of a unit, read from its state")
struct UnitEndingTests {
  private static func state(
    kind: Int32, status: Int32, result: String = "success", executed: Bool = true
  ) -> UnitState {
    var state = UnitState()
    (state.loadState, state.activeState, state.subState, state.result) = ("loaded", "active", "exited", result)
    (state.exitKind, state.exitStatus) = (kind, status)
    (state.activeMonotonic, state.endedMonotonic) = executed ? (1000, 2000) : (2001, 2000)
    return state
  }

  @Test("Exit code and signal are exact")
  func exact() {
    #expect(Self.state(kind: 1, status: 0).ending(wasHeard: false) == .succeeded)
    #expect(Self.state(kind: 1, status: 7).ending(wasHeard: false) == .failed(.exitNonzero, "exited with code 7"))
    #expect(Self.state(kind: 2, status: 15).ending(wasHeard: false) == .failed(.signaled, "ended by SIGTERM"))
    #expect(
      Self.state(kind: 3, status: 11).ending(wasHeard: false)
        == .failed(.signaled, "ended by SIGSEGV, with a core dump"))
    #expect(Self.state(kind: 1, status: 7).report.exitCode == 7)
    #expect(Self.state(kind: 2, status: 9).report.signal == 9)
  }

  @Test(
    "An exit code of systemd counts as systemd's only if the program was never executed",
    arguments: [(203, "Exec="), (217, "User="), (216, "Group="), (200, "WorkingDirectory="), (243, "LoadCredential=")])
  func setup(status: Int32, key: String) {
    guard
      case .failed(.validationError, let sentence) = Self.state(kind: 1, status: status, executed: false)
        .ending(wasHeard: false)
    else {
      Issue.record("status \(status) is not reported as systemd's")
      return
    }
    #expect(sentence.contains(key))
    let own: Ending = .failed(.exitNonzero, "exited with code \(status)")
    #expect(Self.state(kind: 1, status: status).ending(wasHeard: false) == own)
    #expect(Self.state(kind: 1, status: status, executed: false).ending(wasHeard: true) == own)
  }

  @Test("A setting that systemd could not apply is named by its value")
  func values() {
    var state = Self.state(kind: 1, status: 0, executed: false)
    (state.user, state.group, state.workingDirectory) = ("tactus-job", "backup", "!/srv/none")
    state.program = "/srv/none/program"
    state.paths = ["ReadWritePaths": ["/srv/a", "-/srv/b"], "InaccessiblePaths": ["/srv/c"]]
    let named: [(Int32, String)] = [
      (200, "WorkingDirectory=/srv/none)"), (203, "Exec=/srv/none/program)"), (216, "no group backup"),
      (217, "no user tactus-job"), (226, "each of InaccessiblePaths=/srv/c ReadWritePaths=/srv/a exists"),
    ]
    for (status, value) in named {
      state.exitStatus = status
      guard case .failed(.validationError, let sentence) = state.ending(wasHeard: false) else {
        Issue.record("status \(status) is not reported as systemd's")
        continue
      }
      #expect(sentence.contains(value))
    }
  }

  @Test("An OOM kill is reported as such")
  func outOfMemory() {
    guard
      case .failed(.signaled, let sentence) = Self.state(kind: 2, status: 9, result: "oom-kill").ending(wasHeard: true)
    else {
      Issue.record("an OOM kill is not reported as a signal")
      return
    }
    #expect(sentence.contains("memory"))
  }

  @Test("A unit without a process is reported with the reason")
  func resources() {
    guard
      case .failed(.validationError, let sentence) = Self.state(kind: 0, status: 0, result: "resources")
        .ending(wasHeard: false)
    else {
      Issue.record("missing resources are not reported as a mistake in the definition")
      return
    }
    #expect(sentence.contains("EnvironmentFile="))
  }
}
