import TactusModel
import Testing

@testable import TactusStore

/// The words are defined by enumerations of TactusModel and repeated in CHECKs; these tests compare them.
@Suite("The words of the schema")
struct SchemaWordsTests {
  /// Words that a CHECK already allows for later versions.
  static let later: [String: Set<String>] = [
    "definitions.kind": ["http"],
    "jobs.kind": ["http"],
    "jobs.phase": ["waiting_for_lock"],
    "jobs.wait": ["paused"], "jobs.waited": ["paused"],
    "decisions.reason": ["no_credit"],
  ]

  static let words: [String: Set<String>] = [
    "workflows.origin": all(Workflow.Origin.self),
    "workflows.build_status": all(BuildStatus.self),
    "workflows.state": all(Workflow.State.self),
    "workflows.terminated_reason": all(Workflow.TerminatedReason.self),
    "definitions.kind": all(Kind.self),
    "definitions.overlap": all(Overlap.self),
    "definitions.misfire": all(Misfire.self),
    "jobs.kind": all(Kind.self),
    "jobs.runner": all(RunnerName.self),
    "jobs.trigger": all(Trigger.self),
    "jobs.status": all(JobStatus.self),
    "jobs.phase": all(Phase.self),
    "jobs.wait": all(Wait.self), "jobs.waited": all(Wait.self),
    "jobs.stop_reason": all(StopReason.self),
    "decisions.reason": all(Decision.Reason.self),
  ]

  private static func all<Word: CaseIterable & RawRepresentable>(_: Word.Type) -> Set<String>
  where Word.RawValue == String { Set(Word.allCases.map(\.rawValue)) }

  /// Returns the quoted words in a piece of SQL.
  private static func quoted(_ sql: Substring) -> Set<String> {
    Set(sql.matches(of: /'([^']*)'/).map { String($0.output.1) })
  }

  /// Returns the words that each column's CHECK allows, by `table.column`.
  private static func checks() throws -> [String: Set<String>] {
    let connection = try Connection(path: ":memory:")
    defer { connection.close() }
    try connection.migrate(Schema.migrations, file: ":memory:")
    var found: [String: Set<String>] = [:]
    for table in ["workflows", "definitions", "jobs", "decisions"] {
      let sql = try #require(try connection.inspect("SELECT sql FROM sqlite_master WHERE name = '\(table)'").first)
      let check = /(\w+) TEXT[^,(]*?CHECK \((?:\w+ IS NULL OR )?(\w+) IN \(([^)]*)\)\)/
      for match in sql.matches(of: check) where match.output.1 == match.output.2 {
        found["\(table).\(match.output.1)"] = quoted(match.output.3)
      }
    }
    return found
  }

  @Test("Every CHECK on a word allows the words of its enumeration, and additional words only if listed")
  func columns() throws {
    let checks = try Self.checks()
    #expect(Set(checks.keys) == Set(Self.words.keys))
    for (column, words) in Self.words {
      #expect(checks[column] == words.union(Self.later[column] ?? []), "\(column)")
      #expect(words.isDisjoint(with: Self.later[column] ?? []), "\(column): a word of this version is listed as later")
    }
  }

  @Test("The error codes of CANCELED rows are those of the enumeration")
  func cancellations() throws {
    let sql = try #require(Schema.migrations.first)
    let check = try #require(sql.firstMatch(of: /status = 'CANCELED'\) = \(error_code IN \(([^)]*)\)/))
    let expected = ErrorCode.allCases.filter { $0.class == .cancellation }.map(\.rawValue)
    #expect(Self.quoted(check.output.1) == Set(expected))
  }

  @Test("Every status has its event")
  func events() {
    for status in JobStatus.allCases {
      #expect(EventType(status).rawValue == "job.\(status.rawValue.lowercased())")
    }
  }
}
