import Glibc

/// Which pager shows what is too long for a screen, as for systemctl(1).
struct PagerChoice: Equatable {
  /// A command of sh(1); nil for none.
  var command: String?
  /// What is to be said about it.
  var complaint: String?

  /// The first of `TACTUS_PAGER`, `SYSTEMD_PAGER` and `PAGER` that is set decides, also when it is empty; else `less`, else
  /// `more`.
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
    // What only a shell can make sense of is left to it.
    let isPlain =
      text.allSatisfy { $0.isLetter || $0.isNumber || " \t/._-+=,:%".contains($0) } && !program.contains("=")
    if isPlain && !isInstalled(program) {
      command = fallback
      complaint = "there is no program \(program), which $\(variable) names; using \(fallback ?? "no pager")"
    } else {
      command = text
    }
  }

  /// Chooses among what is there.
  init(_ environment: [String: String]) {
    let path = environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    self.init(environment) { program in
      guard !program.contains("/") else { return access(program, X_OK) == 0 }
      return path.split(separator: ":").contains { access("\($0)/\(program)", X_OK) == 0 }
    }
  }

  /// What the pager gets: for less(1), that one screen is printed and left there, with colours, and UTF-8.
  ///
  /// Under sudo(8) less is told to start no other programs, because what may be run was chosen by somebody else.
  static func environment(_ environment: [String: String]) -> [String] {
    var environment = ["LESS": "FRSXMK", "LESSCHARSET": "utf-8"].merging(environment) { $1 }
    if environment["SUDO_UID"] != nil { environment["LESSSECURE"] = "1" }
    return environment.map { "\($0.key)=\($0.value)" }.sorted()
  }
}
