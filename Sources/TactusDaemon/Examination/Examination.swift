internal import Glibc
internal import TactusLinux
internal import TactusModel
internal import TactusPorts
internal import TactusProtocol
internal import TactusRunners
internal import TactusStore
internal import TactusSystemd

/// Gathers the facts about the machine for `tactusctl doctor`.
///
/// The pure functions of ``Diagnosis`` judge them.
///
/// Runs on the queue of the files, because it reads from the disk.
struct Examination: Sendable {
  private let ground: Ground
  private let hands: Hands
  private let files: DispatchWorkQueue
  private let store: Store
  private let output: OutputStore

  init(_ ground: Ground, _ memory: Memory, _ hands: Hands, files: DispatchWorkQueue) {
    (self.ground, self.hands, self.files) = (ground, hands, files)
    (store, output) = (memory.store, memory.output)
  }

  private var directories: Directories { ground.directories }
  private var authority: Authority { ground.authority }
  private var lookout: Lookout { ground.lookout }
  private var health: Health { ground.health }

  /// Examines everything, and answers on the queue of the files.
  func run(answer: @escaping @Sendable ([Diagnosis]) -> Void) {
    store.post { store in
      store.checkFiles()
      output.post { output in
        output.checkFiles()
        hands.containers.report { reports in
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
      .groups(missing: authority.missingGroups), controlGroups, .users(hands.findJobUser()),
      .units(hands.availability.right, Units.pipes(directories).fault),
      .journal(
        .connected(), isService: JournalDestination.isService,
        isPersistent: access("/var/log/journal", F_OK) == 0, isLimited: JournalLimit.isCommon),
      .descriptors(
        limit: Machine.descriptorLimit, running: ground.queues.all.values.reduce(0) { $0 + $1.maxRunning }),
    ]
  }

  /// Whether the clock is synchronized; nil if neither the kernel nor timesyncd shows it in this sandbox.
  private var isClockRight: Bool? {
    Machine.isClockSynchronized ?? (access("/run/systemd/timesync/synchronized", F_OK) == 0 ? true : nil)
  }

  private var storage: Diagnosis {
    do {
      let span = try FileSystem.syncSpan(in: directories.state, time: ground.time)
      return .storage(directories.state, try FileSystem.under(directories.state).kind, syncSpan: span)
    } catch {
      return Diagnosis("storage", .problem, "\(error)", cure: "Make \(directories.state) writable for tactusd")
    }
  }

  private var room: Diagnosis {
    do { return .room(directories.state, try FileSystem.under(directories.state)) } catch {
      return Diagnosis("room", .problem, "\(error)", cure: "Make sure that \(directories.state) is mounted")
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
      hands.groupRoot.map { ControlGroup(at: $0).handedDown }, isHybrid: access("/sys/fs/cgroup/unified", F_OK) == 0,
      areUnits: hands.availability.isThere)
  }

  private func mode(of path: String) -> UInt32? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
  }
}
