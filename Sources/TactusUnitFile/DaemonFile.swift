import TactusModel

/// The settings of the daemon in `tactusd.conf` and its drop-ins.
public struct DaemonSettings: Hashable, Sendable {
  /// How long running jobs may continue after the daemon was asked to stop, 0 … 1 day.
  public var stopTimeout: Duration
  /// How long a job may wait for a live provider, 1 s … 7 days.
  public var dispatchTimeout: Duration = .seconds(600)
  /// The cgroup v2 directory that is delegated to the daemon, an absolute path; nil lets the daemon find it.
  public var cgroupRoot: String?
  /// The users that the daemon serves; nil for `system` if it runs as root, and `private` otherwise.
  public var instance: Instance?
  /// The group whose members may do everything, in a system instance.
  public var adminGroup = "tactus-admin"
  /// The group whose members may read everything, in a system instance.
  public var readGroup = "adm"
  /// The account under which commands run, in a system instance.
  public var jobUser = "tactus-job"
  /// The account whose rights the daemon uses to read the files that definitions name, in a system instance.
  ///
  /// Nil means `jobUser` if the daemon runs as root, and its own user otherwise.
  public var credentialUser: String?
  /// How long events are kept; nil for as long as the limit on their number allows.
  public var eventsKeep: Duration? = .seconds(7 * 86_400)
  /// Submissions per second of a user without the admin right; the burst is twice that.
  public var submitRate = 1000
  /// Whether the journal gets a copy of the output of jobs, if the daemon logs to the journal.
  public var journalOutput = true

  /// The users that a daemon serves.
  public enum Instance: String, CaseIterable, Sendable {
    /// All users of the machine, with rights by their groups.
    case system
    /// The user of the daemon's process, and root.
    case `private`
  }

  /// Creates settings; without arguments, the defaults.
  public init(stopTimeout: Duration = .seconds(30), cgroupRoot: String? = nil) {
    self.stopTimeout = stopTimeout
    self.cgroupRoot = cgroupRoot
  }
}

/// Reads `tactusd.conf` and `tactusd.conf.d/*.conf`.
///
/// tactusd.conf(5) describes the keys.
public enum DaemonFile {
  /// Reads one file over the settings of the files before it, or returns all its problems.
  ///
  /// Later files override earlier ones key by key. An empty value resets a key to its default.
  ///
  /// - Parameters:
  ///   - bytes: the file's content.
  ///   - file: the name of the file in problems.
  ///   - earlier: the settings from the files before this one.
  public static func read(
    _ bytes: [UInt8], file: String, over earlier: DaemonSettings = DaemonSettings()
  ) -> Result<DaemonSettings, UnitFileProblems> {
    var reading = Reading(bytes, file: file, vocabulary: .daemon)
    let defaults = DaemonSettings()
    let stopTimeout = reading.value("StopTimeout", in: "Manager", as: Span.within(Limits.stopTimeout))
    let dispatchTimeout = reading.value(
      "DispatchTimeout", in: "Manager", as: Span.within(Limits.dispatchTimeout))
    let cgroupRoot = reading.value("CgroupRoot", in: "Manager", as: absolutePath)
    let instance = reading.value("Instance", in: "Manager", as: word(of: DaemonSettings.Instance.self))
    let adminGroup = reading.value("AdminGroup", in: "Manager", as: groupName)
    let readGroup = reading.value("ReadGroup", in: "Manager", as: groupName)
    let jobUser = reading.value("JobUser", in: "Manager", as: userName)
    let credentialUser = reading.value("CredentialUser", in: "Manager", as: userName)
    let eventsKeep = reading.value("EventsKeep", in: "Manager", as: Span.withinOrInfinity(Limits.eventsKeep))
    let submitRate = reading.value("SubmitRate", in: "Manager", as: number(Limits.submitRate))
    let journalOutput = reading.value("JournalOutput", in: "Manager", as: boolean)
    var settings = earlier
    if reading.isMentioned("StopTimeout", in: "Manager") { settings.stopTimeout = stopTimeout ?? defaults.stopTimeout }
    if reading.isMentioned("DispatchTimeout", in: "Manager") {
      settings.dispatchTimeout = dispatchTimeout ?? defaults.dispatchTimeout
    }
    if reading.isMentioned("CgroupRoot", in: "Manager") { settings.cgroupRoot = cgroupRoot }
    if reading.isMentioned("Instance", in: "Manager") { settings.instance = instance }
    if reading.isMentioned("AdminGroup", in: "Manager") { settings.adminGroup = adminGroup ?? defaults.adminGroup }
    if reading.isMentioned("ReadGroup", in: "Manager") { settings.readGroup = readGroup ?? defaults.readGroup }
    if reading.isMentioned("JobUser", in: "Manager") { settings.jobUser = jobUser ?? defaults.jobUser }
    if reading.isMentioned("CredentialUser", in: "Manager") { settings.credentialUser = credentialUser }
    if reading.isMentioned("EventsKeep", in: "Manager") { settings.eventsKeep = eventsKeep ?? defaults.eventsKeep }
    if reading.isMentioned("SubmitRate", in: "Manager") { settings.submitRate = submitRate ?? defaults.submitRate }
    if reading.isMentioned("JournalOutput", in: "Manager") {
      settings.journalOutput = journalOutput ?? defaults.journalOutput
    }
    return reading.result(settings)
  }
}
