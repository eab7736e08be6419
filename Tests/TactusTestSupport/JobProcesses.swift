public import TactusLinux
public import TactusModel

extension ProcessTable {
  /// The processes of one job, found by a walk through /proc: those that carry its `TACTUS_JOB_ID`, and those of a session, zombies
  /// included.
  public static func processes(carrying job: JobID, inSession session: Int? = nil) -> [Int] {
    let census = ProcessCensus.take()
    return Set(census.carriers(of: job) + (session.map(census.members) ?? [])).sorted()
  }
}
