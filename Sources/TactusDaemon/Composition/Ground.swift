internal import TactusLinux
internal import TactusPorts
internal import TactusSystemd
internal import TactusUnitFile

/// What every other part uses: the lock, the settings, the clocks, the journal and the state of the daemon.
///
/// It is made first. From then on no other daemon uses the state directory.
struct Ground: Sendable {
  let directories: Directories
  let settings: DaemonSettings
  let authority: Authority
  let lookout: Lookout
  let time: SystemTime
  let alarms: LinuxAlarms
  let journal: JournalWriter
  let disks: Disks
  let health: Health
  let supervision: Supervision
  /// The limits of the queues, which a reload replaces.
  let queues: QueueBook
  /// The boot id of the machine.
  let bootID: String
  private let lock: FileLock

  /// Takes the lock, and examines the files before anything is written to them.
  ///
  /// - Throws: ``StartFailure``, or the error of the directory, the lock or the file that cannot be used.
  init(
    directories: Directories, configuration: Configuration, lookout: Lookout,
    startedAs instance: DaemonSettings.Instance?, hasLogFields: Bool, faults: DebugFaults?
  ) throws {
    (self.directories, self.lookout, settings) = (directories, lookout, configuration.settings)
    time = SystemTime(shift: faults?.clock)
    alarms = LinuxAlarms(time: time)
    authority = Authority(settings, owner: OwnProcess.user, startedAs: instance)
    try directories.make(isSystem: authority.isSystem)
    lock = try FileLock(at: directories.lock)
    try directories.examineFiles()
    try directories.makePrivateFiles()
    journal = JournalWriter(to: .connected(hasFields: hasLogFields), time: time)
    disks = Disks(time: time, alarms: alarms)
    health = Health(journal: journal, silentPaths: lookout.silentPaths, time: time, disks: disks)
    supervision = Supervision(health: health, alarms: alarms, time: time)
    queues = QueueBook(configuration.limits)
    bootID = try Machine.bootID()
  }
}
