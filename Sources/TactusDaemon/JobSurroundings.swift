internal import Glibc
internal import TactusLinux
internal import TactusPorts
internal import TactusUnitFile

/// What every command finds around it, whoever runs it: its control group, its environment, its directory.
struct JobSurroundings {
  /// The directory of cgroup v2 below which every job gets a group; nil where jobs are kept together by session and by the
  /// id in their environment.
  let groupRoot: String?
  /// Of the daemon's own environment jobs get these only.
  let environment: [String]
  /// The home of the daemon's user, or the root directory if there is none: a service user's home often does not exist.
  let directory: String

  /// Looks around, and steps aside into a leaf of the daemon's control group if that is delegated; once, at the start.
  init(_ settings: DaemonSettings, _ lookout: Lookout, journal: any Journal) {
    groupRoot = settings.cgroupRoot ?? Self.delegatedGroup(journal)
    environment = ["PATH", "HOME", "LANG", "TZ"].compactMap { (name: String) in
      getenv(name).map { "\(name)=\(String(cString: $0))" }
    }
    let home = getenv("HOME").map { String(cString: $0) } ?? "/"
    if case .status(let status) = lookout.look(.status, home), status.executeError == 0 {
      directory = home
    } else {
      directory = "/"
    }
  }

  private static func delegatedGroup(_ journal: any Journal) -> String? {
    guard let own = ControlGroup.own(), own.isDelegated else { return nil }
    do {
      // A group with members of its own cannot hand controllers down: the daemon steps aside first.
      _ = try own.moveIntoLeaf(named: "tactusd")
      // Where there are no controllers nothing is measured; jobs are kept together all the same.
      own.enableControllers()
      return own.path
    } catch {
      journal.tell(JournalEntry(.controlGroupsUnused, "control groups are not used: \(error)"))
      return nil
    }
  }
}
