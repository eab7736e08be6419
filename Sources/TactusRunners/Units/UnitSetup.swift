import TactusLinux
import TactusSystemd

/// Describes what systemd could not set up, with the value at fault.
extension UnitState {
  /// The meaning of systemd's own exit codes for this unit, in terms of the definition's keys; nil for other codes.
  ///
  /// Source: systemd.exec(5), "Process Exit Codes"
  func setupReason(_ status: Int32) -> String? {
    switch status {
    case 200 where !workingDirectory.isEmpty:
      "its directory (WorkingDirectory=\(Self.plain(workingDirectory))) cannot be entered. Check that it exists, "
        + "and that its user may enter it"
    case 203 where !program.isEmpty:
      ScriptFault.of(program).map { "its program (Exec=\(program)) cannot be executed, because \($0.sentence)" }
        ?? "its program (Exec=\(program)) cannot be executed. Check that it exists, that its user may execute it, and "
        + "that the interpreter of a script exists"
    case 216 where !group.isEmpty: "there is no group \(group) (Group=), or it cannot be used"
    case 217 where !user.isEmpty:
      "there is no user \(user) (User=, else JobUser= in tactusd.conf), or it cannot be used. Create the account "
        + "(systemd-sysusers creates the package's), or name another one"
    case 226 where !neededPaths.isEmpty:
      "its mount namespace cannot be set up. Check that each of \(neededPaths.joined(separator: " ")) exists, or write "
        + "\"-\" before a path that may be missing"
    default: Self.setupReasons[status]
    }
  }

  /// The paths that its sandbox requires, each with its key.
  private var neededPaths: [String] {
    paths.sorted { $0.key < $1.key }.flatMap { key, paths in
      paths.filter { !$0.hasPrefix("-") }.map { "\(key)=\($0)" }
    }
  }

  /// Removes systemd's prefix for "may be missing".
  private static func plain(_ directory: String) -> String {
    String(directory.drop { $0 == "!" || $0 == "-" })
  }
}
