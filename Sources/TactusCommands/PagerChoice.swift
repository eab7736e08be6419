import Glibc

/// Chooses the pager, as systemctl(1) does.
struct PagerChoice: Equatable {
  /// A command of sh(1); nil for no pager.
  var command: String?
  /// A warning about the choice; nil without one.
  var complaint: String?

  /// Chooses by the first of `TACTUS_PAGER`, `SYSTEMD_PAGER` and `PAGER` that is set, even if it is empty.
  ///
  /// Without these variables it is `less`, else `more`.
  init(_ environment: [String: String], isInstalled: (String) -> Bool) {
    let fallback = ["less", "more"].first(where: isInstalled)
    guard environment["TERM"] != "dumb" else { return }
    let variable = ["TACTUS_PAGER", "SYSTEMD_PAGER", "PAGER"].first { environment[$0] != nil }
    guard let variable, let text = environment[variable] else {
      command = fallback
      return
    }
    let words = text.split { $0 == " " || $0 == "\t" }
    guard let program = words.first.map(String.init), words != ["cat"] else { return }
    // Text with shell syntax is not checked, because only the shell can interpret it.
    let isPlain =
      text.allSatisfy { $0.isLetter || $0.isNumber || " \t/._-+=,:%".contains($0) } && !program.contains("=")
    if isPlain && !isInstalled(program) {
      command = fallback
      complaint = "$\(variable) names \(program), which is not installed. Using \(fallback ?? "no pager")."
    } else {
      command = text
    }
  }

  /// Chooses among the installed programs.
  init(_ environment: [String: String]) {
    let path = environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    self.init(environment) { program in
      guard !program.contains("/") else { return access(program, X_OK) == 0 }
      return path.split(separator: ":").contains { access("\($0)/\(program)", X_OK) == 0 }
    }
  }

  /// Returns the environment of the pager.
  ///
  /// It makes less(1) print a single screen without waiting, with colors and UTF-8. Under sudo(8) it keeps less from
  /// starting other programs, because sudo has allowed only this one.
  static func environment(_ environment: [String: String]) -> [String] {
    var environment = ["LESS": "FRSXMK", "LESSCHARSET": "utf-8"].merging(environment) { $1 }
    if environment["SUDO_UID"] != nil { environment["LESSSECURE"] = "1" }
    return environment.map { "\($0.key)=\($0.value)" }.sorted()
  }
}
