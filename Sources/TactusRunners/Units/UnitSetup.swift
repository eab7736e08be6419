import TactusLinux
import TactusSystemd

/// What systemd could not set up, by the value that is wrong.
extension UnitState {
  /// What one of systemd's own exit codes means for this unit, in the words of the file's keys; nil if it is none of those.
  ///
  /// Source: systemd.exec(5), "Process Exit Codes".
  func setupReason(_ status: Int32) -> String? {
    switch status {
    case 200 where !workingDirectory.isEmpty:
      "its directory (WorkingDirectory=\(Self.plain(workingDirectory))) cannot be entered: is it there, and for its user?"
    case 203 where !program.isEmpty:
      ScriptFault.of(program).map { "its program (Exec=\(program)) cannot be executed: \($0.sentence)" }
        ?? "its program (Exec=\(program)) cannot be executed: is it there, and for its user to execute? Does a script begin with #! and "
        + "an interpreter that is there?"
    case 216 where !group.isEmpty: "there is no group \(group) (Group=), or it cannot be changed to"
    case 217 where !user.isEmpty:
      "there is no user \(user) (User=, else JobUser= in tactusd.conf), or it cannot be changed to: make the account "
        + "(systemd-sysusers makes the package's), or name another"
    case 226 where !neededPaths.isEmpty:
      "its view of the file system cannot be made: is each of \(neededPaths.joined(separator: " ")) there? "
        + "With \"-\" before it one may be missing"
    default: Self.setupReasons[status]
    }
  }

  /// The paths of its sandbox that have to be there, each with its key.
  private var neededPaths: [String] {
    paths.sorted { $0.key < $1.key }.flatMap { key, paths in
      paths.filter { !$0.hasPrefix("-") }.map { "\(key)=\($0)" }
    }
  }

  /// Without the sign of systemd's for "may be missing".
  private static func plain(_ directory: String) -> String {
    String(directory.drop { $0 == "!" || $0 == "-" })
  }
}
