import TactusModel

/// What `tactusd.conf` and its drop-ins say about the daemon itself.
public struct DaemonSettings: Hashable, Sendable {
  /// How long running jobs may go on after the daemon was asked to stop, 0 … 1 day.
  public var stopTimeout: Duration
  /// How long a job may wait for a provider that answers, 1 s … 7 days.
  public var dispatchTimeout: Duration = .seconds(600)
  /// The cgroup v2 directory that is delegated to the daemon, an absolute path; nil lets the daemon look for it.
  public var cgroupRoot: String?
  /// Whom it serves; nil for `system` if it runs as root and `private` otherwise.
  public var instance: Instance?
  /// The group whose members may do everything, in a system instance.
  public var adminGroup = "tactus-admin"
  /// The group whose members may read everything, in a system instance.
  public var readGroup = "adm"
  /// The account that commands run as, in a system instance.
  public var jobUser = "tactus-job"
  /// The account with whose rights the daemon reads the files that definitions name, in a system instance; nil for `jobUser` if it
  /// runs as root, and for its own user otherwise.
  public var credentialUser: String?
  /// How long events are kept; nil for as long as there is room.
  public var eventsKeep: Duration? = .seconds(7 * 86_400)
  /// Submissions per second of a user who is no admin; the burst is twice that.
  public var submitRate = 1000
  /// Whether output of jobs goes to the journal, too, where the daemon's own messages go there.
  public var journalOutput = true

  /// Whom a daemon serves.
  public enum Instance: String, CaseIterable, Sendable {
    /// Everybody on the machine, by their groups.
    case system
    /// Its own user, and root.
    case `private`
  }

  /// Puts settings together; without arguments these are the defaults.
  public init(stopTimeout: Duration = .seconds(30), cgroupRoot: String? = nil) {
    self.stopTimeout = stopTimeout
    self.cgroupRoot = cgroupRoot
  }
}

/// `tactusd.conf` and `tactusd.conf.d/*.conf`.
///
/// Its keys are described in tactusd.conf(5).
public enum DaemonFile {
  /// Reads one file over the settings of those before it, or tells everything that is wrong with it.
  ///
  /// Later files override earlier ones key by key; an empty value goes back to the default.
  ///
  /// - Parameters:
  ///   - bytes: the file's content.
  ///   - file: the file as problems show it.
  ///   - earlier: the settings that the files before this one made.
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
