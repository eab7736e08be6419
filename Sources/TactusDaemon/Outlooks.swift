internal import Glibc
internal import TactusLinux
internal import TactusModel
internal import TactusRunners
internal import TactusSystemd
internal import TactusUnitFile

// Who looks ahead, and what they know: the daemon, and `tactusd --check`.

extension Outlook {
  /// What a running daemon knows.
  static func ofDaemon(_ authority: Authority, _ units: UnitAvailability, _ inputs: InputReader) -> Outlook {
    var outlook = Outlook(
      isDaemon: true, isSystem: authority.isSystem,
      isSandboxed: geteuid() == 0 ? !sharesMountsOfMachine : authority.isSystem, readsAsDaemon: true,
      startsUnits: units.isThere,
      obstacle: SystemdPresence.isHere ? units.right?.obstacle : Self.noSystemd,
      credentials: getenv("CREDENTIALS_DIRECTORY").map { String(cString: $0) })
    outlook.reader = inputs.account
    return outlook
  }

  /// What can be known beside the daemon, without a call to anybody.
  /// - Parameter isForDaemon: whether the files are those of the package's daemon, of which root asks, or somebody.
  static func ofCheck(isSystem: Bool, isForDaemon: Bool, reader: Account?) -> Outlook {
    var obstacle: String?
    if !SystemdPresence.isHere {
      obstacle = noSystemd
    } else if let reader, PolkitRules.mayConcern(reader.name) == false {
      obstacle =
        "no rule of polkit names \(reader.name), who will hardly be let: \(UnitRight.rule), then sudo tactusctl reload, "
        + "which tells for certain"
    }
    return Outlook(
      isDaemon: false, isSystem: isSystem, isSandboxed: isForDaemon, readsAsDaemon: !isForDaemon || geteuid() == 0,
      startsUnits: false, obstacle: obstacle, credentials: nil)
  }

  private static let noSystemd = "systemd does not run this machine: leave it out"

  /// Whether root sees what process 1 sees.
  private static var sharesMountsOfMachine: Bool {
    var (own, first) = (stat(), stat())
    return stat("/proc/self/ns/mnt", &own) == 0 && stat("/proc/1/ns/mnt", &first) == 0 && own.st_ino == first.st_ino
  }
}

extension UnitRight {
  /// Why no unit is started, and the way out; nil if one is.
  fileprivate var obstacle: String? {
    switch self {
    case .granted: nil
    case .denied:
      "polkit does not let this daemon start one: \(Self.rule), then sudo tactusctl reload; \(Self.remedyForRule)"
    case .undecided(let reason):
      "polkit, which would have to allow it, does not answer (\(reason)): \(Self.remedyForPolkit); then \(Self.rule), "
        + "and sudo tactusctl reload"
    case .unreached(let reason): "systemd does not answer this daemon (\(reason)): see systemctl status dbus"
    }
  }
}

extension Configuration {
  /// Adds what its definitions will not find on this machine.
  /// - Parameter reader: as whom to look at what the daemon reads itself, if that is not this process's user.
  mutating func lookAhead(_ outlook: Outlook, with lookout: Lookout, reader: Account? = nil) {
    var outlook = outlook
    let files = definitions.map { (file: "workflows/\($0.name).workflow", definition: $0.definition) }
    outlook.look(at: files, with: lookout, reader: reader)
    for (file, definition) in files {
      warnings += outlook.surroundings(of: definition, file: file) + outlook.inputs(of: definition, file: file)
      // Only what has answered just now: for the others it is known that nothing can be seen.
      warnings +=
        inputCustody?.warnings(of: definition, file: file, with: lookout) { outlook.hasAnswer(ofInput: $0) } ?? []
    }
    warnings.sort { ($0.file, $0.line) < ($1.file, $1.line) }
  }

  /// The warnings as a reply and the journal tell them: where one thing is wrong with every file, the first ones tell it.
  ///
  /// At most ``Limits/fileWarnings``; what lies beyond is counted in a last one.
  var toldWarnings: [UnitFileProblem] {
    let surplus = warnings.count - Limits.fileWarnings
    guard surplus > 0 else { return warnings }
    let rest = UnitFileProblem(
      file: "workflows", line: 0, message: "there are \(surplus) more warnings: tactusd --check shows all")
    return warnings.prefix(Limits.fileWarnings) + [rest]
  }
}
