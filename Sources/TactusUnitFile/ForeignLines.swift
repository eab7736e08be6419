/// Values and lines that people bring along from crontabs and shells, and what says the same here.
enum ForeignLines {
  /// What to write instead of a line of a crontab; nil if a line is none.
  static func hint(ofLine line: String) -> String? {
    let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
    let isNamed = words.first.map { nicknames.contains(String($0)) } ?? false
    guard words.count >= 6 && words.prefix(5).allSatisfy(isField) || words.count >= 2 && isNamed else { return nil }
    return "is a line of a crontab: write Interval= and StartAt= in [Schedule] and Exec= in [Command], see "
      + "from-cron.md in /usr/share/doc/tactus"
  }

  private static let nicknames: Set = [
    "@reboot", "@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly",
  ]

  /// One of the five that say when: `*/5`, `1-5`, `mon,fri`.
  private static func isField(_ word: Substring) -> Bool {
    word.utf8.contains { $0.isDigit || $0 == UInt8(ascii: "*") || $0.isLetter }
      && word.utf8.allSatisfy { $0.isDigit || "*/,-".utf8.contains($0) || $0.isLetter }
      && word.split(whereSeparator: { "*/,-".contains($0) }).allSatisfy { part in
        part.utf8.allSatisfy(\.isDigit) || names.contains(part.lowercased())
      }
  }

  private static let names: Set = [
    "mon", "tue", "wed", "thu", "fri", "sat", "sun", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep",
    "oct",
    "nov", "dec",
  ]

  /// What to write instead of a time of a crontab or of OnCalendar=; nil if a text is none.
  static func hint(ofSpan text: String) -> String? {
    if let span = spans[text.drop { $0 == "@" }.lowercased()] {
      return "is no span of time: write \(span), and the first run as StartAt=2026-12-01T03:00:00Z"
    }
    guard text.contains("*") else { return nil }
    let fields = text.split(separator: " ")
    var example = "1d"
    if fields.count == 5, fields[0].hasPrefix("*/"), fields.dropFirst().allSatisfy({ $0 == "*" }),
      let minutes = Int(fields[0].dropFirst(2)), (1...59).contains(minutes)
    {
      example = "\(minutes)min"
    }
    return
      "is a time of a calendar, which a schedule does not have: write a span, for example \(example), and the first "
      + "run as StartAt=2026-12-01T03:00:00Z"
  }

  private static let spans = [
    "minutely": "1min", "hourly": "1h", "daily": "1d", "midnight": "1d", "weekly": "1w",
    "monthly": "1month (30.44 days)",
    "quarterly": "3month (of 30.44 days)", "yearly": "365d", "annually": "365d",
  ]

  /// What to write instead of a time of day, which is no instant; nil if a text is none.
  static func hint(ofInstant text: String) -> String? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count),
      parts.allSatisfy({ (1...2).contains($0.utf8.count) && $0.utf8.allSatisfy(\.isDigit) })
    else {
      return nil
    }
    let time = (parts.map { $0.utf8.count == 1 ? "0\($0)" : String($0) } + ["00"]).prefix(3).joined(separator: ":")
    return "is a time of day: write an instant with its date and offset, for example 2026-12-01T\(time)Z or "
      + "2026-12-01T\(time)+01:00"
  }

  /// What to write instead of a command line that only a shell or systemd understands; nil if there is no more to say than
  /// that its first word is no path.
  ///
  /// Names no word of the line but those of a shell: any other may be a secret.
  static func hint(ofProgram program: String) -> String? {
    let rest = "and in Exec= the program behind it alone"
    if program.contains("*"), !program.contains(where: \.isLetter), !program.hasPrefix("/") {
      return
        "begins with the time of a line of a crontab: write Interval= and StartAt= in [Schedule], and here the program "
        + "and its arguments alone"
    }
    if program == "cd" {
      return "begins with cd, which only a shell knows: write WorkingDirectory= with the directory, \(rest)"
    }
    if shellWords.contains(program) {
      return "begins with \(program), which only a shell knows: write /bin/sh -c '…' with all of it in the quotes"
    }
    if program.hasPrefix("~") {
      return "begins with ~, which only a shell knows: write the whole path, for example /home/backup/bin/program"
    }
    if program.hasPrefix("$") {
      return
        "begins with a variable, which only a shell knows: write the path itself, or /bin/sh -c '…' with all of it in "
        + "the quotes"
    }
    let prefix = program.prefix { "-@+!:|".contains($0) }
    if !prefix.isEmpty, program.dropFirst(prefix.count).hasPrefix("/") {
      return "has the prefix \(prefix) of systemd's, and there are none here: write the path without it"
    }
    if let equals = program.firstIndex(of: "="), isVariableName(program[..<equals]) {
      return "sets a variable first, as only a shell does: write it as Environment=NAME=value, \(rest)"
    }
    return nil
  }

  private static let shellWords: Set = [
    "if", "for", "while", "case", "export", "source", ".", "eval", "exec", "set", "umask", "ulimit", "[[", "(", "{",
  ]
}
