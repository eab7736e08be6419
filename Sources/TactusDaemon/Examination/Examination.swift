internal import Glibc
internal import TactusLinux
internal import TactusModel
internal import TactusPorts
internal import TactusProtocol
internal import TactusRunners
internal import TactusStore
internal import TactusSystemd

/// What `tactusctl doctor` shows: facts about the machine are gathered here, and judged by ``Diagnosis``'s pure functions.
///
/// Runs on the queue of the files, because it asks the disk.
struct Examination: Sendable {
  let directories: Directories
  let authority: Authority
  let limits: [QueueName: QueueLimits]
  let groupRoot: String?
  let containers: ContainerRunner
  /// Whom commands run as; looked up anew.
  let jobUser: @Sendable () -> JobUser
  let units: UnitAvailability
  let files: DispatchWorkQueue
  let lookout: Lookout
  let time: SystemTime
  let health: Health
  let store: Store
  let output: OutputStore

  /// Looks at everything; answers on the queue of the files.
  func run(answer: @escaping @Sendable ([Diagnosis]) -> Void) {
    store.post { store in
      store.checkFiles()
      output.post { output in
        output.checkFiles()
        containers.report { reports in
          files.post { answer(diagnoses + [.engines(reports)]) }
        }
      }
    }
  }

  private var diagnoses: [Diagnosis] {
    [
      .sqlite(version: Store.libraryVersion), .writing(health.storeTrouble), .output(health.outputTrouble),
      .rows(health.unreadableRows), storage, room, permissions, configuration,
      .settings(problems: Configuration.settingsProblems(in: directories.configuration, authority, lookout)),
      .clock(isSynchronized: isClockRight),
      .timeZones(arePresent: access("/usr/share/zoneinfo/UTC", R_OK) == 0),
      .groups(missing: authority.missingGroups), controlGroups, .users(jobUser()),
      .units(units.right, Units.pipes(directories).fault),
      .journal(
        .connected(), isService: JournalDestination.isService,
        isPersistent: access("/var/log/journal", F_OK) == 0, isLimited: JournalLimit.isCommon),
      .descriptors(
        limit: Machine.descriptorLimit, running: limits.values.reduce(0) { $0 + $1.maxRunning }),
    ]
  }

  /// The sandbox may hide what the kernel knows; timesyncd leaves a mark as well.
  private var isClockRight: Bool? {
    Machine.isClockSynchronized ?? (access("/run/systemd/timesync/synchronized", F_OK) == 0 ? true : nil)
  }

  private var storage: Diagnosis {
    do {
      let span = try FileSystem.syncSpan(in: directories.state, time: time)
      return .storage(directories.state, try FileSystem.under(directories.state).kind, syncSpan: span)
    } catch {
      return Diagnosis("storage", .problem, "\(error)", cure: "see that tactusd can write to \(directories.state)")
    }
  }

  private var room: Diagnosis {
    do { return .room(directories.state, try FileSystem.under(directories.state)) } catch {
      return Diagnosis("room", .problem, "\(error)", cure: "see that \(directories.state) is mounted")
    }
  }

  private var permissions: Diagnosis { .privacy(of: directories.state, mode: mode(of: directories.state)) }

  private var configuration: Diagnosis {
    let custody = authority.custody
    return .custody(
      of: directories.configuration, custody,
      weaknesses: Configuration.weaknesses(in: directories.configuration, custody, lookout))
  }

  private var controlGroups: Diagnosis {
    .controlGroups(
      groupRoot.map { ControlGroup(at: $0).handedDown }, isHybrid: access("/sys/fs/cgroup/unified", F_OK) == 0,
      areUnits: units.isThere)
  }

  private func mode(of path: String) -> UInt32? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
  }
}
