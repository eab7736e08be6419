public import TactusModel

/// What a shell would act upon, in a command line that no shell reads.
public enum ShellWords {
  /// A warning of the first of them in `Exec=`; nil if there is none.
  ///
  /// What stands in quotes is meant as it is, and so is the script behind `-c`. A variable would be put into double quotes as
  /// well. The sign is shown, and never the word that it stands in, which may be a secret.
  public static func warning(of definition: Definition, file: String) -> UnitFileProblem? {
    let (arguments, shell): ([String], String) =
      switch definition.work {
      case .command(let command): (command.arguments, "/bin/sh")
      case .container(let container): (container.arguments, "sh")
      case .heartbeat: ([], "")
      }
    // The text is taken apart again only where there may be something to say.
    guard arguments.contains(where: { isScriptOption($0) || $0.utf8.contains(where: Self.marks.contains) }),
      let exec = definition.assignments(of: "Exec").last
    else { return nil }
    let words = RawWord.split(exec.value)
    guard let message = first(in: words).map({ sentence(of: $0, shell) }) ?? scriptWithoutQuotes(in: words) else {
      return nil
    }
    return UnitFileProblem(file: file, line: exec.line, message: message)
  }

  private static let marks = Set("|<>;&$`*?[~#".utf8)

  private static func sentence(of found: String, _ shell: String) -> String {
    if found == "#" {
      return
        "Exec= holds #, which begins no comment here: the program gets it and what follows; give the comment a line of "
        + "its own, or put the word in single quotes"
    }
    return "Exec= holds \(found), and no shell reads it: the program gets it as it is; "
      + "for a shell write \(shell) -c '…', otherwise put it in single quotes"
  }

  /// The first operator, variable or pattern of a shell in a command line that was understood.
  private static func first(in words: [RawWord]) -> String? {
    // It hands its words to a shell elsewhere.
    if words.first?.name == "ssh" { return nil }
    for (index, word) in words.enumerated() {
      guard let mark = word.mark ?? word.pattern else { continue }
      let before = words[..<index]
      if let option = before.last?.text, isScriptOption(option) { continue }
      // The end of what find executes.
      if word.text == ";", before.contains(where: { findActions.contains($0.text) }) { continue }
      if word.mark == nil, isPatternTaken(behind: before) { continue }
      return mark
    }
    return nil
  }

  private static let findActions: Set = ["-exec", "-execdir", "-ok", "-okdir"]

  /// `-c`, or options in one word that end in it, as in `-euc`.
  private static func isScriptOption(_ word: String) -> Bool {
    word.hasPrefix("-") && word.hasSuffix("c") && word.utf8.dropFirst().allSatisfy(\.isLetter)
  }

  // MARK: Patterns

  /// Whether the program that stands there, or the option, takes patterns itself.
  private static func isPatternTaken(behind words: ArraySlice<RawWord>) -> Bool {
    if words.contains(where: { programsOfPatterns.contains($0.name) }) { return true }
    guard let option = words.last?.text, option.hasPrefix("--") else { return false }
    return ["clude", "pattern", "glob", "match", "filter", "name"].contains(where: option.contains)
  }

  private static let programsOfPatterns: Set = [
    "apt", "apt-get", "awk", "curl", "dpkg", "egrep", "expr", "fgrep", "find", "gawk", "git", "grep", "journalctl",
    "jq",
    "mawk", "mysql", "perl", "pgrep", "pkill", "psql", "rg", "sed", "sqlite3", "systemctl", "tr", "unzip", "wget", "yq",
    "zgrep",
  ]

  // MARK: Scripts

  /// What to say if a shell gets the first word of a script only, because it is not in quotes.
  private static func scriptWithoutQuotes(in words: [RawWord]) -> String? {
    for (index, option) in words.enumerated() where isScriptOption(option.text) && index + 2 < words.count {
      guard let place = words[..<index].lastIndex(where: { shells.contains($0.name) }),
        words[place..<index].dropFirst().allSatisfy({ "-+".contains($0.text.prefix(1)) || $0.text == "pipefail" })
      else { continue }
      let shell = words[place]
      let script = words[index + 1]
      // An escape may stand for white space.
      guard !script.isQuoted, !script.text.contains("\\"), !script.text.hasPrefix("-") else { return nil }
      return
        "Exec= has \(shell.name) run the first word behind \(option.text) alone, and the words after it are no part of the "
        + "script: put all of it in single quotes, as in \(shell.name) \(option.text) '…'"
    }
    return nil
  }

  private static let shells: Set = ["ash", "bash", "dash", "ksh", "sh", "zsh"]
}
