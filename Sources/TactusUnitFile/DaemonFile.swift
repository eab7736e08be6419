import TactusModel

/// What `tactusd.conf` and its drop-ins say about the daemon itself.
public struct DaemonSettings: Hashable, Sendable {
  /// How long running jobs may go on after the daemon was asked to stop, 0 … 1 day.
  public var stopTimeout: Duration
  /// The cgroup v2 directory that is delegated to the daemon, an absolute path; nil lets the daemon look for it.
  public var cgroupRoot: String?

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
    let cgroupRoot = reading.value("CgroupRoot", in: "Manager", as: absolutePath)
    var settings = earlier
    if reading.isMentioned("StopTimeout", in: "Manager") { settings.stopTimeout = stopTimeout ?? defaults.stopTimeout }
    if reading.isMentioned("CgroupRoot", in: "Manager") { settings.cgroupRoot = cgroupRoot }
    return reading.result(settings)
  }
}
