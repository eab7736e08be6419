internal import TactusLedger
internal import TactusModel
internal import TactusPorts

extension SQLRows {
  func answered(from first: Instant, through last: Instant, of workflow: WorkflowID) throws -> [Instant] {
    try connection.all(
      """
      SELECT nominal_at FROM jobs WHERE workflow_id = ?1 AND nominal_at BETWEEN ?2 AND ?3 AND trigger = 'AUTOMATIC'
        AND attempt = 1 AND replay_of IS NULL AND (status <> 'CANCELED' OR queued_at IS NOT NULL)
        AND queued_at IS NOT NULL
      UNION ALL
      SELECT first_at FROM decisions WHERE workflow_id = ?1 AND first_at BETWEEN ?2 AND ?3 AND voided_at IS NULL
      ORDER BY 1
      """, workflow, first, last
    ) { try $0.instant(0) }
  }

  func insert(_ decision: Decision, of key: DefinitionKey, at now: Instant) throws {
    try connection.run(
      """
      INSERT INTO decisions (workflow_id, generation, reason, first_at, last_at, count, decided_at)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      """, key.workflow, key.generation, decision.reason, decision.first, decision.last, decision.count, now)
  }

  func isDecided(_ nominal: Instant, of workflow: WorkflowID) throws -> Bool {
    try connection.first(
      "SELECT 1 FROM decisions WHERE workflow_id = ? AND first_at = ? AND voided_at IS NULL", workflow, nominal
    ) { _ in true } ?? false
  }

  // The index `decisions_first` makes the history of the workflow cost nothing.
  func decided(after now: Instant, of workflow: WorkflowID) throws -> [(number: Int64, instant: Instant)] {
    try connection.readable(
      "SELECT id, first_at FROM decisions WHERE workflow_id = ? AND first_at > ? AND voided_at IS NULL", workflow, now
    ) { (number: $0.integer(0), instant: try $0.instant(1)) }
  }

  // The index is `decisions_last`.
  func premature(at now: Instant) throws -> [PrematureDecision] {
    try connection.readable(
      """
      SELECT n.id, n.workflow_id, n.generation, n.first_at, d.interval, d.anchor_at, d.starts_at_anchor
      FROM decisions n JOIN definitions d ON d.workflow_id = n.workflow_id AND d.generation = n.generation
      WHERE n.voided_at IS NULL AND n.last_at > ?1 AND n.decided_at > ?1
      """, now
    ) { row in
      PrematureDecision(
        number: row.integer(0), workflow: WorkflowID(number: row.integer(1)), first: try row.instant(3),
        grid: try row.grid(4))
    }
  }

  func voidDecision(_ number: Int64, at now: Instant) throws {
    try connection.run("UPDATE decisions SET voided_at = ? WHERE id = ?", now, number)
  }

  func insertVoided(partOf number: Int64, from first: Instant, without kept: Int, at now: Instant) throws {
    try connection.run(
      """
      INSERT INTO decisions (workflow_id, generation, reason, first_at, last_at, count, decided_at, voided_at)
      SELECT workflow_id, generation, reason, ?, last_at, count - ?, decided_at, ? FROM decisions WHERE id = ?
      """, first, kept, now, number)
  }

  func shorten(_ number: Int64, through last: Instant, count: Int) throws {
    try connection.run("UPDATE decisions SET last_at = ?, count = ? WHERE id = ?", last, count, number)
  }
}
