internal import TactusLinux
internal import TactusPorts
internal import TactusUnitFile

/// The surroundings of every command, whichever runner starts it: its control group, its environment, its directory.
struct JobSurroundings {
  /// The directory of cgroup v2 below which every job gets a group; nil if groups are not used.
  ///
  /// Without groups, jobs are found by their session and by the id in their environment.
  let groupRoot: String?
  /// The variables that jobs inherit from the daemon's own environment.
  let environment: [String]
  /// The home of the user that the daemon runs as, or `/` if it cannot be entered: a service user may have no home.
  let directory: String

  /// Reads the surroundings, and moves the daemon into a leaf of its delegated control group; once, at the start.
  init(_ settings: DaemonSettings, _ lookout: Lookout, journal: any Journal) {
    groupRoot = settings.cgroupRoot ?? Self.delegatedGroup(journal)
    environment = ["PATH", "HOME", "LANG", "TZ"].compactMap { (name: String) in
      OwnProcess.variable(name).map { "\(name)=\($0)" }
    }
    let home = OwnProcess.variable("HOME") ?? "/"
    if case .status(let status) = lookout.look(.status, home), status.executeError == 0 {
      directory = home
    } else {
      directory = "/"
    }
  }

  private static func delegatedGroup(_ journal: any Journal) -> String? {
    guard let own = ControlGroup.own(), own.isDelegated else { return nil }
    do {
      // A group with members cannot enable controllers for groups below it, so the daemon moves first.
      _ = try own.moveIntoLeaf(named: "tactusd")
      // Without controllers nothing is measured, but jobs are kept together nevertheless.
      own.enableControllers()
      return own.path
    } catch {
      journal.report(JournalEntry(.controlGroupsUnused, "control groups are not used: \(error)"))
      return nil
    }
  }
}
