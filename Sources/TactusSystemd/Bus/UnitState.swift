public import TactusModel

/// What systemd tells of a service unit: the properties that say whether it runs, and how it ended.
///
/// Source: org.freedesktop.systemd1(5), systemd.service(5).
public struct UnitState: Hashable, Sendable {
  /// Whether its file was read: `loaded`, `not-found` and others; empty before anything was told.
  public var loadState = ""
  /// Where it stands: `active`, `activating`, `failed` and others.
  public var activeState = ""
  /// The same more closely: `running`, `exited`, `dead` and others.
  public var subState = ""
  /// How it ended: `success`, `oom-kill`, `resources` and others.
  public var result = ""
  /// The main process; 0 if there was none.
  public var mainPID: UInt32 = 0
  /// What `si_code` of waitid(2) says of its end: 1 exited, 2 killed, 3 dumped core; 0 if it has not ended.
  public var exitKind: Int32 = 0
  /// The exit code or the signal.
  public var exitStatus: Int32 = 0
  /// When the main process was started.
  public var startedAt: Instant?
  /// When its end was seen.
  public var endedAt: Instant?
  /// The same in microseconds of `CLOCK_MONOTONIC`.
  public var endedMonotonic: UInt64 = 0
  /// When it was started, in µs of CLOCK_MONOTONIC; 0 if it was not.
  public var startedMonotonic: UInt64 = 0
  /// When the unit became active, in microseconds of `CLOCK_MONOTONIC`.
  public var activeMonotonic: UInt64 = 0
  /// CPU time of the whole tree.
  public var cpuTime: Duration?
  /// The most memory that the tree had, in bytes; told by systemd 255 and later.
  public var peakMemory: Int64?
  /// The control group, as a path below the root of the hierarchy; empty if there is none (any more).
  public var controlGroup = ""
  /// Whom it runs as: `User=`; empty for whom systemd itself runs as.
  public var user = ""
  /// `Group=`; empty for the user's own.
  public var group = ""
  /// `WorkingDirectory=`, with `!` before it if it may be missing.
  public var workingDirectory = ""
  /// The path of its program.
  public var program = ""
  /// `ReadOnlyPaths=`, `ReadWritePaths=` and `InaccessiblePaths=`, as far as they name any.
  public var paths: [String: [String]] = [:]
  /// `LogExtraFields=`.
  public var fields: [String: String] = [:]

  /// Nothing is known.
  public init() {}

  /// Whether there is such a unit at all, whatever systemd thinks of its file.
  public var exists: Bool { loadState != "not-found" && !activeState.isEmpty }
  /// Whether there is something that was started, or is being started.
  public var isKept: Bool { exists && activeState != "inactive" }
  /// Whether its main process has ended, or could not be started.
  public var isOver: Bool {
    activeState == "failed" || activeState == "inactive" || activeState == "active" && subState == "exited"
  }

  /// The properties that are read; the many others are passed over.
  static let names: Set<String> = [
    "LoadState", "ActiveState", "SubState", "Result", "ControlGroup", "ExecMainPID", "ExecMainCode", "ExecMainStatus",
    "ExecMainStartTimestamp", "ExecMainStartTimestampMonotonic", "ExecMainExitTimestamp",
    "ExecMainExitTimestampMonotonic",
    "ActiveEnterTimestampMonotonic", "CPUUsageNSec", "MemoryPeak", "LogExtraFields",
    "User", "Group", "WorkingDirectory", "ExecStart", "ReadOnlyPaths", "ReadWritePaths", "InaccessiblePaths",
  ]

  /// Properties as one message tells them.
  struct Told: Sendable {
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

  /// Takes over what was told.
  mutating func take(_ told: Told) {
    for (name, text) in told.texts { set(name, text) }
    for (name, number) in told.numbers { set(name, number) }
    paths.merge(told.paths.filter { !$0.value.isEmpty }) { $1 }
    for field in told.fields {
      let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { fields[String(parts[0])] = String(parts[1]) }
    }
  }

  /// Takes a property of type `s` (or `o`) over, if it is one of these.
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

  /// Takes a property of type `t`, `u` or `i` over, if it is one of these.
  mutating func set(_ name: String, _ number: UInt64) {
    // All ones mean "not known" in systemd.
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
