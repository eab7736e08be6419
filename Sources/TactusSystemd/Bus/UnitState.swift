public import TactusModel

/// The properties of a service unit that show whether it runs, and how it ended.
///
/// Source: org.freedesktop.systemd1(5), systemd.service(5).
public struct UnitState: Hashable, Sendable {
  /// The state of its file: `loaded`, `not-found` and others; empty before systemd has reported it.
  public var loadState = ""
  /// Its state: `active`, `activating`, `failed` and others.
  public var activeState = ""
  /// Its detailed state: `running`, `exited`, `dead` and others.
  public var subState = ""
  /// Its result: `success`, `oom-kill`, `resources` and others.
  public var result = ""
  /// The id of the main process; 0 if no process was started.
  public var mainPID: UInt32 = 0
  /// The end of the main process, as `si_code` of waitid(2): 1 exited, 2 killed, 3 dumped core; 0 if it has not ended.
  public var exitKind: Int32 = 0
  /// The exit code or the signal.
  public var exitStatus: Int32 = 0
  /// When the main process was started.
  public var startedAt: Instant?
  /// When systemd saw its end.
  public var endedAt: Instant?
  /// When systemd saw its end, in microseconds of `CLOCK_MONOTONIC`.
  public var endedMonotonic: UInt64 = 0
  /// When the main process was started, in microseconds of `CLOCK_MONOTONIC`; 0 if it was not started.
  public var startedMonotonic: UInt64 = 0
  /// When the unit became active, in microseconds of `CLOCK_MONOTONIC`.
  public var activeMonotonic: UInt64 = 0
  /// CPU time of the whole tree.
  public var cpuTime: Duration?
  /// The largest memory use of the tree, in bytes; nil before systemd 255.
  public var peakMemory: Int64?
  /// The control group, as a path below the root of the hierarchy; empty before it is created and after it is removed.
  public var controlGroup = ""
  /// `User=`; empty for the user of systemd itself.
  public var user = ""
  /// `Group=`; empty for the user's own.
  public var group = ""
  /// `WorkingDirectory=`, with a leading `!` if it may be missing.
  public var workingDirectory = ""
  /// The path of its program.
  public var program = ""
  /// `ReadOnlyPaths=`, `ReadWritePaths=` and `InaccessiblePaths=`; each only if it has paths.
  public var paths: [String: [String]] = [:]
  /// `LogExtraFields=`.
  public var fields: [String: String] = [:]

  /// Creates an unknown state.
  public init() {}

  /// Whether the unit exists, even if its file is invalid.
  public var exists: Bool { loadState != "not-found" && !activeState.isEmpty }
  /// Whether the unit was started, or is being started.
  public var isKept: Bool { exists && activeState != "inactive" }
  /// Whether its main process has ended, or could not be started.
  public var isOver: Bool {
    activeState == "failed" || activeState == "inactive" || activeState == "active" && subState == "exited"
  }

  /// The properties that are read; all others are skipped.
  static let names: Set<String> = [
    "LoadState", "ActiveState", "SubState", "Result", "ControlGroup", "ExecMainPID", "ExecMainCode", "ExecMainStatus",
    "ExecMainStartTimestamp", "ExecMainStartTimestampMonotonic", "ExecMainExitTimestamp",
    "ExecMainExitTimestampMonotonic",
    "ActiveEnterTimestampMonotonic", "CPUUsageNSec", "MemoryPeak", "LogExtraFields",
    "User", "Group", "WorkingDirectory", "ExecStart", "ReadOnlyPaths", "ReadWritePaths", "InaccessiblePaths",
  ]

  /// The properties of one message.
  struct Reported: Sendable {
    var texts: [String: String] = [:]
    var numbers: [String: UInt64] = [:]
    var fields: [String] = []
    var paths: [String: [String]] = [:]

    /// Reads a dictionary of variants.
    init(of message: BusMessage) {
      message.properties { name in
        if name == "LogExtraFields" {
          fields = message.byteTexts() ?? []
        } else if name == "ExecStart" {
          texts[name] = message.programPath()
        } else if name.hasSuffix("Paths") {
          paths[name] = message.texts()
        } else if let text = message.text() {
          texts[name] = text
        } else if let number = message.number() {
          numbers[name] = number
        }
      }
    }
  }

  /// Applies the properties of a message.
  mutating func take(_ reported: Reported) {
    for (name, text) in reported.texts { set(name, text) }
    for (name, number) in reported.numbers { set(name, number) }
    paths.merge(reported.paths.filter { !$0.value.isEmpty }) { $1 }
    for field in reported.fields {
      let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { fields[String(parts[0])] = String(parts[1]) }
    }
  }

  /// Applies a property of type `s` or `o`; unknown names are ignored.
  mutating func set(_ name: String, _ text: String) {
    switch name {
    case "LoadState": loadState = text
    case "ActiveState": activeState = text
    case "SubState": subState = text
    case "Result": result = text
    case "ControlGroup": controlGroup = text
    case "User": user = text
    case "Group": group = text
    case "WorkingDirectory": workingDirectory = text
    case "ExecStart": program = text
    default: break
    }
  }

  /// Applies a property of type `t`, `u` or `i`; unknown names are ignored.
  mutating func set(_ name: String, _ number: UInt64) {
    // A value with all bits set means "unknown" in systemd.
    let known = number == .max ? nil : Int64(clamping: number)
    switch name {
    case "ExecMainPID": mainPID = UInt32(clamping: number)
    case "ExecMainCode": exitKind = Int32(clamping: number)
    case "ExecMainStatus": exitStatus = Int32(clamping: number)
    case "ExecMainStartTimestamp": startedAt = Self.instant(number)
    case "ExecMainExitTimestamp": endedAt = Self.instant(number)
    case "ExecMainStartTimestampMonotonic": startedMonotonic = number
    case "ExecMainExitTimestampMonotonic": endedMonotonic = number
    case "ActiveEnterTimestampMonotonic": activeMonotonic = number
    case "CPUUsageNSec": cpuTime = known.map { .nanoseconds($0) }
    case "MemoryPeak": peakMemory = known
    default: break
    }
  }

  private static func instant(_ microseconds: UInt64) -> Instant? {
    microseconds == 0 || microseconds == .max ? nil : Instant(microseconds: Int64(clamping: microseconds))
  }
}
