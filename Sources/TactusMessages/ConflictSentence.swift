public import TactusModel

/// The sentences of conflicts; the compiler finds a conflict that has none.
extension Refusal.Conflict: CustomStringConvertible {
  /// The conflict, and the way out in a sentence of its own.
  ///
  /// It is the `reason` of a Conflict on the wire, and part of the log of a reload.
  ///
  /// - A single clause has no full stop, and no way out. Several sentences end with a full stop.
  /// - The way out begins with a verb and has the complete command: `Run tactusctl terminate nightly first.`
  /// - A sentence has at most 25 words and no semicolon, which a test checks.
  /// - It names the workflow, the job or the row, so that it can be read without the request. Of several jobs it names
  ///   the first three.
  /// - Statuses and phases are spelled as on the wire: `RUNNING/running`. Paths of files are relative to the
  ///   configuration directory.
  public var description: String {
    switch self {
    case .ownedByFile(let name):
      "The file workflows/\(name).workflow defines \(name). Edit that file and run tactusctl reload. To define \(name) "
        + "with apply instead, remove the file, run tactusctl reload and tactusctl delete \(name), then apply again."
    case .ownedByRemovedFile(let name):
      "\(name) belongs to the file workflows/\(name).workflow, which was removed. Run tactusctl delete \(name), then apply "
        + "again."
    case .ownedBySocket(let name):
      "\(name) was created with apply. Change it with apply. To define \(name) by a file instead, move the file away. Run "
        + "tactusctl terminate \(name) and tactusctl delete \(name). Put the file back and run tactusctl reload."
    case .fileRemoved(let name):
      "The file workflows/\(name).workflow was removed. Put it back, then run tactusctl reload."
    case .active(let name): "\(name) is ACTIVE. Run tactusctl terminate \(name) first."
    case .hasLiveJob(let name, let job):
      "Job \(job) of \(name) has not ended. Wait for it or cancel it, then try again."
    case .leftAlone(let name):
      "\(name) is unchanged, because its rows in the store cannot be read"
    case .ended(let job, let status): "job \(job) has already ended (\(status.rawValue))"
    case .exited(let job):
      "job \(job) has already ended by itself, and its last output is being stored"
    case .planned(let job):
      "Job \(job) was planned by the schedule of its workflow. Use tactusctl run for a job at another time."
    case .notSchedulable(let job, let status):
      "job \(job) is \(status.rawValue): only a held job, or one that waits for its time, can be scheduled"
    case .notUnverified(let job, let status, let phase):
      "Job \(job) is \(status.rawValue)/\(phase.rawValue). Only an unverified job, whose provider does not answer, can be "
        + "abandoned. Use cancel without --abandon to stop the job as soon as its provider answers."
    case .keyInUse(let key, let request, let job):
      "The idempotency key '\(key)' was used for another request (\(request), job \(job)). Choose another key."
    case .unreadable(let row): row.description
    case .unreadableJobs(let ids):
      "The row of job \(ids.prefix(3).map(\.description).joined(separator: ", ")) is damaged. Run tactusctl doctor, which "
        + "names the column."
    }
  }
}
