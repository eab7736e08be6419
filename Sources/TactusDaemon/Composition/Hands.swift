internal import TactusHTTP
internal import TactusLinux
internal import TactusModel
internal import TactusPorts
internal import TactusProtocol
internal import TactusRunners
internal import TactusStore
internal import TactusSystemd
internal import TactusUnitFile

/// What runs jobs: processes, units, heartbeats and containers, and where their output goes.
struct Hands: Sendable {
  let processes: ProcessRunner
  let units: UnitRunner
  let containers: ContainerRunner
  /// The engine of heartbeats.
  let engine: HTTPEngine
  /// The copy of output in the journal; nil if it is not wanted.
  let copy: JournalOutput?
  /// The directory of control groups of jobs; nil if groups are not used.
  let groupRoot: String?
  /// The account of commands, as found at the start.
  let jobUser: JobUser
  /// Whether systemd starts units for this daemon.
  let availability = UnitAvailability()
  private let inputs: InputReader
  private let heartbeats: HeartbeatRunner
  private let ground: Ground

  /// Creates the runners; none of them does anything yet.
  init(_ ground: Ground, _ memory: Memory, providers: [Provider]) {
    self.ground = ground
    let (settings, time, alarms, health) = (ground.settings, ground.time, ground.alarms, ground.health)
    let surroundings = JobSurroundings(settings, ground.lookout, journal: health)
    groupRoot = surroundings.groupRoot
    copy = JournalOutput.wanted(settings, over: memory.output, journal: health, time: time, alarms: alarms)
    let sink: any OutputSink = copy ?? memory.output
    jobUser = JobUser.find(settings, isSystem: ground.authority.isSystem, ground.lookout)
    inputs = InputReader(CredentialUser.find(settings, isSystem: ground.authority.isSystem, jobUser: jobUser))
    processes = ProcessRunner(
      queue: DispatchWorkQueue(label: "tactus.process", level: .leaf), time: time, alarms: alarms,
      lookout: ground.lookout, output: sink, baseEnvironment: surroundings.environment,
      defaultDirectory: surroundings.directory, cgroupRoot: surroundings.groupRoot, user: jobUser.user,
      credentials: ground.directories.credentials,
      granted: OwnProcess.variable("CREDENTIALS_DIRECTORY"), inputs: inputs, journal: health)
    units = UnitRunner(
      bus: UnitBus(
        queue: DispatchWorkQueue(label: "tactus.units", level: .leaf), address: Units.address, time: time,
        alarms: alarms),
      settings: Units.settings(
        ground.directories, ground.authority, jobUser: settings.jobUser, storeID: memory.store.storeID,
        disk: ground.disks.units.note, environment: surroundings.environment, directory: surroundings.directory),
      output: sink, stored: memory.output, time: time, alarms: alarms, lookout: ground.lookout, journal: health,
      availability: availability, inputs: inputs)
    let http = HTTPEngine.Settings(userAgent: "tactus/\(Product.version)")
    engine = HTTPEngine(settings: http, time: time, alarms: alarms)
    heartbeats = HeartbeatRunner(engine: engine, output: sink, time: time)
    containers = ContainerRunner(
      http: HTTPEngine(label: "tactus.engines", settings: http, time: time, alarms: alarms), providers: providers,
      storeID: memory.store.storeID, output: sink, stored: memory.output, time: time, alarms: alarms,
      lookout: ground.lookout, journal: health, inputs: inputs)
  }

  /// The runner of each kind.
  var runners: [Kind: any Runner] {
    let commands = CommandRunner(processes: processes, units: units) { [availability] in availability.isThere }
    return [.command: commands, .heartbeat: heartbeats, .container: containers]
  }

  /// What is known about the inputs and the surroundings of jobs.
  var outlook: Outlook { .ofDaemon(ground.authority, availability, inputs) }

  /// Looks the account of commands up, without an effect on the next ones.
  func findJobUser() -> JobUser { JobUser.find(ground.settings, isSystem: ground.authority.isSystem, ground.lookout) }

  /// Looks the account of commands up again, and uses it for the next ones.
  func renewJobUser() -> JobUser {
    let user = findJobUser()
    processes.run(as: user.user)
    inputs.read(as: CredentialUser.find(ground.settings, isSystem: ground.authority.isSystem, jobUser: user))
    return user
  }

  /// Closes the connections to engines, services and systemd.
  func close() {
    engine.close()
    containers.close()
    units.close()
  }
}

extension JournalOutput {
  /// Copies output if the settings request it and the daemon's own messages also go to the journal; else nil.
  fileprivate static func wanted(
    _ settings: DaemonSettings, over sink: any OutputSink, journal: any Journal, time: any TimeSource,
    alarms: any AlarmSource
  ) -> JournalOutput? {
    guard settings.journalOutput, case .journal = JournalDestination.connected() else { return nil }
    return JournalOutput(over: sink, journal: journal, time: time, alarms: alarms)
  }
}
