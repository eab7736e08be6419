public import TactusLinux
public import TactusModel

extension ProcessTable {
  /// The processes of one job, found in /proc.
  ///
  /// These are the processes with its `TACTUS_JOB_ID` and those of a session, including zombies.
  public static func processes(carrying job: JobID, inSession session: Int? = nil) -> [Int] {
    let census = ProcessCensus.take()
    return Set(census.carriers(of: job) + (session.map(census.members) ?? [])).sorted()
  }
}
