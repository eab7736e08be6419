internal import Glibc
internal import TactusLinux
internal import TactusModel
internal import TactusRunners
internal import TactusSystemd
internal import TactusUnitFile

// The daemon and `tactusd --check` look ahead with different knowledge.

extension Outlook {
  /// The outlook of a running daemon.
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

  /// The outlook of `tactusd --check`, which asks neither the daemon nor systemd.
  /// - Parameter isForDaemon: whether the files are those of the system's daemon.
  static func ofCheck(isSystem: Bool, isForDaemon: Bool, reader: Account?) -> Outlook {
    var obstacle: String?
    if !SystemdPresence.isHere {
      obstacle = noSystemd
    } else if let reader, PolkitRules.mayConcern(reader.name) == false {
      obstacle =
        "no polkit rule names \(reader.name), so tactusd can probably not start one. Run \(UnitRight.rule), then "
        + "sudo tactusctl reload to test it"
    }
    return Outlook(
      isDaemon: false, isSystem: isSystem, isSandboxed: isForDaemon, readsAsDaemon: !isForDaemon || geteuid() == 0,
      startsUnits: false, obstacle: obstacle, credentials: nil)
  }

  private static let noSystemd = "systemd does not run this machine. Remove the setting"

  /// Whether this process and process 1 are in the same mount namespace.
  private static var sharesMountsOfMachine: Bool {
    var (own, first) = (stat(), stat())
    return stat("/proc/self/ns/mnt", &own) == 0 && stat("/proc/1/ns/mnt", &first) == 0 && own.st_ino == first.st_ino
  }
}

extension UnitRight {
  /// The reason why no unit can start, and the way out; nil if units can start.
  fileprivate var obstacle: String? {
    switch self {
    case .granted: nil
    case .denied:
      "polkit does not let this daemon start one. Run \(Self.rule), then sudo tactusctl reload. \(Self.remedyForRule)"
    case .undecided(let reason):
      "polkit, which must allow it, does not answer (\(reason)). Run \(Self.remedyForPolkit). Then run \(Self.rule), "
        + "and sudo tactusctl reload"
    case .unreached(let reason): "systemd does not answer this daemon (\(reason)). Run systemctl status dbus"
    }
  }
}

extension Configuration {
  /// Adds the warnings of an outlook on its definitions.
  /// - Parameter reader: the account that examines what the daemon reads itself; nil for this process's user.
  mutating func lookAhead(_ outlook: Outlook, with lookout: Lookout, reader: Account? = nil) {
    var outlook = outlook
    outlook.look(at: definitions, with: lookout, reader: reader)
    for (name, definition) in definitions {
      let file = "workflows/\(name).workflow"
      warnings += outlook.surroundings(of: definition, file: file) + outlook.inputs(of: definition, file: file)
      // Only paths that have just answered: the others cannot be examined.
      warnings +=
        inputCustody?.warnings(of: definition, file: file, with: lookout) { outlook.hasAnswer(ofInput: $0) } ?? []
    }
    warnings.sort { ($0.file, $0.line) < ($1.file, $1.line) }
  }

  /// The warnings that a reply and the journal report: at most ``Limits/fileWarnings``.
  ///
  /// If every file has the same problem, the first warnings show it. A last warning counts the others.
  var reportedWarnings: [UnitFileProblem] {
    let surplus = warnings.count - Limits.fileWarnings
    guard surplus > 0 else { return warnings }
    let rest = UnitFileProblem(
      file: "workflows", line: 0, message: "there are \(surplus) more warnings. Run tactusd --check to see all")
    return warnings.prefix(Limits.fileWarnings) + [rest]
  }
}
