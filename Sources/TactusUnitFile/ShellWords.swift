public import TactusModel

/// Finds shell syntax in command lines, which no shell reads.
public enum ShellWords {
  /// Warns of the first shell syntax in `Exec=`; nil if there is no such syntax.
  ///
  /// Text in quotes is literal, and so is the script after `-c`. Variables are found in double quotes also, as a shell
  /// does. The warning shows the sign, never its word, which may be a secret.
  public static func warning(of definition: Definition, file: String) -> UnitFileProblem? {
    let (arguments, shell): ([String], String) =
      switch definition.work {
      case .command(let command): (command.arguments, "/bin/sh")
      case .container(let container): (container.arguments, "sh")
      case .heartbeat: ([], "")
      }
    // Parses the text again only if it may hold shell syntax.
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
        "Exec= has #, which does not begin a comment here: the program gets the rest of the line. Put the comment on "
        + "its own line, or the word in single quotes"
    }
    return "Exec= has \(found), but no shell reads it: the program gets it unchanged. "
      + "Use \(shell) -c '…' for a shell, or put it in single quotes"
  }

  /// The first shell operator, variable or pattern in a valid command line.
  private static func first(in words: [RawWord]) -> String? {
    // ssh passes its words to a shell on the other machine.
    if words.first?.name == "ssh" { return nil }
    for (index, word) in words.enumerated() {
      guard let mark = word.mark ?? word.pattern else { continue }
      let before = words[..<index]
      if let option = before.last?.text, isScriptOption(option) { continue }
      // The `;` that ends the command of find -exec.
      if word.text == ";", before.contains(where: { findActions.contains($0.text) }) { continue }
      if word.mark == nil, isPatternTaken(behind: before) { continue }
      return mark
    }
    return nil
  }

  private static let findActions: Set = ["-exec", "-execdir", "-ok", "-okdir"]

  /// Whether the word is `-c`, or several options in one word that end in `c`, as in `-euc`.
  private static func isScriptOption(_ word: String) -> Bool {
    word.hasPrefix("-") && word.hasSuffix("c") && word.utf8.dropFirst().allSatisfy(\.isLetter)
  }

  // MARK: Patterns

  /// Whether the program, or the option before the word, takes patterns itself.
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

  /// Warns if a shell gets only the first word of a script, because the script is not in quotes.
  private static func scriptWithoutQuotes(in words: [RawWord]) -> String? {
    for (index, option) in words.enumerated() where isScriptOption(option.text) && index + 2 < words.count {
      guard let place = words[..<index].lastIndex(where: { shells.contains($0.name) }),
        words[place..<index].dropFirst().allSatisfy({ "-+".contains($0.text.prefix(1)) || $0.text == "pipefail" })
      else { continue }
      let shell = words[place]
      let script = words[index + 1]
      // An escape may be white space.
      guard !script.isQuoted, !script.text.contains("\\"), !script.text.hasPrefix("-") else { return nil }
      return
        "Exec= makes \(shell.name) run only the first word after \(option.text): the words after it are not part of "
        + "the script. Put the whole script in single quotes, as in \(shell.name) \(option.text) '…'"
    }
    return nil
  }

  private static let shells: Set = ["ash", "bash", "dash", "ksh", "sh", "zsh"]
}
