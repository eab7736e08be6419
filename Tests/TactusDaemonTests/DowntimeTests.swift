import TactusModel
import TactusProtocol
import TactusTestSupport
import Testing

@testable import TactusStore

@Suite("A daemon that was down for ten intervals")
struct DowntimeTests {
  private static let second: Int64 = 1_000_000

  /// A decision record, in microseconds.
  private struct Decided: Equatable {
    var reason: String
    var first: Int64
    var last: Int64
    var count: Int64
  }

  private static func definition(_ misfire: String) -> String {
    "[Workflow]\nMisfire=\(misfire)\n[Schedule]\nInterval=1s\n[Command]\nExec=/bin/true\n"
  }

  @Test("latest, skip and all answer every missed instant by their policy, and keep the grid")
  func misfire() async throws {
    let policies = ["latest", "skip", "all"]
    let daemon = try await RunningDaemon(
      Dictionary(uniqueKeysWithValues: policies.map { ($0, Self.definition($0)) }))
    for policy in policies { _ = try await daemon.jobs(policy, .completed, atLeast: 2) }
    #expect(try await daemon.stop() == 0)
    var before: [String: Int64] = [:]
    for policy in policies { before[policy] = try instants(policy, daemon).last }
    try await daemon.rest(.seconds(10))
    try await daemon.start()
    // `all` makes up for the gap with twelve runs. Two more runs of each policy show the grid after the gap.
    _ = try await daemon.jobs("all", .completed, atLeast: 14)
    for policy in policies {
      _ = try await eventually("\(policy) runs again") {
        let nominals = try await daemon.jobs(policy, .completed).compactMap(\.nominalAt?.microseconds)
        return nominals.count { $0 > (before[policy] ?? 0) } >= 3 ? true : nil
      }
    }
    #expect(try await daemon.stop() == 0)

    for policy in policies {
      let released = try instants(policy, daemon)
      let decisions = try decisions(policy, daemon)
      let last = try #require(before[policy])
      expectAnswered(policy, released, decisions)
      let gap = decisions.filter { $0.first > last }
      let next = try #require(released.first { $0 > last })
      switch policy {
      case "latest":
        let missed = try #require(gap.first)
        #expect(missed.reason == "coalesced" || missed.reason == "missed")
        #expect(missed.first == last + Self.second && missed.count >= 9 && next == missed.last + Self.second)
        // The job is the newest that was due, however busy the machine was.
        #expect(try releaseDelay(policy, next, daemon) < Self.second)
      case "skip":
        let missed = try #require(gap.first)
        #expect(missed.reason == "missed")
        #expect(missed.first == last + Self.second && missed.count >= 9)
        #expect(try releaseDelay(policy, next, daemon) <= Self.second)
      default:
        #expect(gap.isEmpty && next == last + Self.second)
      }
    }
    let verified = try await daemon.check("--verify")
    #expect(verified.code == 0, "\(verified.output)\(verified.complaints)")
  }

  /// Expects exactly one answer for every second from the first instant to the last, and no answer off the grid.
  private func expectAnswered(_ policy: String, _ released: [Int64], _ decisions: [Decided]) {
    var answered = released
    for decision in decisions {
      #expect(decision.last - decision.first == (decision.count - 1) * Self.second)
      answered += stride(from: decision.first, through: decision.last, by: Int(Self.second))
    }
    answered.sort()
    for (earlier, later) in zip(answered, answered.dropFirst()) {
      #expect(later - earlier == Self.second, "\(policy): \(earlier), then \(later)")
    }
  }

  // MARK: SQL

  private func query<Value>(
    _ daemon: RunningDaemon, _ body: (Connection) throws -> Value
  ) throws -> Value {
    let connection = try Connection(path: "\(daemon.state)/tactus.db")
    defer { connection.close() }
    try connection.execute("PRAGMA busy_timeout = 10000")
    return try body(connection)
  }

  /// The nominal instants that have a released job.
  private func instants(_ policy: String, _ daemon: RunningDaemon) throws -> [Int64] {
    try query(daemon) {
      try $0.all(
        """
        SELECT nominal_at FROM jobs JOIN workflows ON workflows.id = workflow_id
        WHERE name = ? AND queued_at IS NOT NULL ORDER BY nominal_at
        """, policy
      ) { $0.integer(0) }
    }
  }

  private func decisions(_ policy: String, _ daemon: RunningDaemon) throws -> [Decided] {
    try query(daemon) {
      try $0.all(
        """
        SELECT reason, first_at, last_at, count FROM decisions JOIN workflows ON workflows.id = workflow_id
        WHERE name = ? AND voided_at IS NULL ORDER BY first_at
        """, policy
      ) { Decided(reason: $0.text(0), first: $0.integer(1), last: $0.integer(2), count: $0.integer(3)) }
    }
  }

  private func releaseDelay(_ policy: String, _ nominal: Int64, _ daemon: RunningDaemon) throws -> Int64 {
    let delay = try query(daemon) {
      try $0.first(
        """
        SELECT queued_at - nominal_at FROM jobs JOIN workflows ON workflows.id = workflow_id
        WHERE name = ? AND nominal_at = ?
        """, policy, nominal
      ) { $0.integer(0) }
    }
    return try #require(delay)
  }
}
