internal import TactusModel
internal import TactusPorts

/// Handles attempts that continue although they were sent KILL.
extension ExecutionWorker {
  /// Asks a runner for the obstacles to the end of attempts, and records and logs each once.
  func nameSurvivors(among ids: [JobID], with kind: Kind) {
    runners[kind]?.obstacles(of: ids) { obstacles in self.post { $0.name(obstacles) } }
  }

  private func name(_ obstacles: [JobID: String]) {
    for (id, obstacle) in obstacles.sorted(by: { $0.key < $1.key }) {
      guard let running = attempts[id], running.attempt.isWithRunner, running.obstacle == nil else { continue }
      attempts[id]?.obstacle = obstacle
      ledger.recordObstacle(id, fence: running.fence, obstacle: obstacle) { _ in }
      journal.report(
        JournalEntry(
          .jobNotKilled, "job \(id)\(running.workflow.map { " of \($0)" } ?? "") \(obstacle)", job: running.labels))
    }
  }
}
