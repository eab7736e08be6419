import TactusModel
import Testing

/// Compares docs/state-machine.md with the code.
struct StateMachinePageTests {
  private func table(_ heading: String) throws -> MarkdownTable {
    try MarkdownTable(heading, of: "state-machine.md")
  }

  @Test("The page lists the statuses in order, and marks the terminal ones")
  func statuses() throws {
    let rows = try table("Statuses").rows
    #expect(rows.map { $0[0] } == JobStatus.allCases.map(\.rawValue))
    #expect(
      rows.filter { $0[1].hasSuffix("Terminal") }.map { $0[0] }
        == JobStatus.allCases.filter(\.isTerminal).map(\.rawValue))
  }

  @Test("The page lists exactly the allowed transitions")
  func transitions() throws {
    let listed = try table("Transitions").rows.map { [$0[0], $0[1]] }
    let allowed = JobStatus.allCases.flatMap { from in
      JobStatus.allCases.filter { from.mayBecome($0) }.map { [from.rawValue, $0.rawValue] }
    }
    #expect(Set(listed) == Set(allowed))
    #expect(listed.count == allowed.count)
  }

  @Test("The page lists every phase with the status that it refines")
  func phases() throws {
    let rows = try table("Phases").rows.map { [$0[0], $0[1]] }
    #expect(rows == Phase.allCases.map { [$0.rawValue, $0.statuses.map(\.rawValue).joined(separator: ", ")] })
  }

  @Test("The page lists every error code with its class and its status")
  func errorCodes() throws {
    let rows = try table("Error codes").rows.map { [$0[0], $0[1], $0[2]] }
    #expect(rows == ErrorCode.allCases.map { [$0.rawValue, $0.class.rawValue, $0.status.rawValue] })
  }

  @Test("The page shows the same attempt machine as the tests")
  func attempt() throws {
    #expect(try table("Attempt").lines == AttemptTable.rows.map(\.text))
  }

  @Test("The page maps every status to the other systems")
  func otherSystems() throws {
    let names = try table("Other systems").names
    for status in JobStatus.allCases { #expect(names.contains { $0.hasPrefix(status.rawValue) }) }
    for phase in Phase.allCases where !phase.statuses.contains(.running) {
      #expect(names.contains { $0.hasPrefix(phase.statuses[0].rawValue) && $0.contains(phase.rawValue) })
    }
  }
}
