/// Lines and values from crontabs and shells, and the way to say the same in a workflow file.
enum ForeignLines {
  /// Returns the way out for a line of a crontab; nil for any other line.
  static func hint(ofLine line: String) -> String? {
    let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
    let isNamed = words.first.map { nicknames.contains(String($0)) } ?? false
    guard words.count >= 6 && words.prefix(5).allSatisfy(isField) || words.count >= 2 && isNamed else { return nil }
    return "is a line of a crontab. Write Interval= and StartAt= in [Schedule], and Exec= in [Command] (see "
      + "from-cron.md in /usr/share/doc/tactus)"
  }

  private static let nicknames: Set = [
    "@reboot", "@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly",
  ]

  /// Whether the word can be one of the five time fields: `*/5`, `1-5`, `mon,fri`.
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

  /// Returns the way out for a time of a crontab or of `OnCalendar=`; nil for any other text.
  static func hint(ofSpan text: String) -> String? {
    if let span = spans[text.drop { $0 == "@" }.lowercased()] {
      return "is not a span of time. Write \(span), and set the first run with StartAt=2026-12-01T03:00:00Z"
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
      "is a calendar time, which is not supported. Write a span, for example \(example), and set the first run with "
      + "StartAt=2026-12-01T03:00:00Z"
  }

  private static let spans = [
    "minutely": "1min", "hourly": "1h", "daily": "1d", "midnight": "1d", "weekly": "1w",
    "monthly": "1month (30.44 days)",
    "quarterly": "3month (of 30.44 days)", "yearly": "365d", "annually": "365d",
  ]

  /// Returns the way out for a time of day, which is not an instant; nil for any other text.
  static func hint(ofInstant text: String) -> String? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count),
      parts.allSatisfy({ (1...2).contains($0.utf8.count) && $0.utf8.allSatisfy(\.isDigit) })
    else {
      return nil
    }
    let time = (parts.map { $0.utf8.count == 1 ? "0\($0)" : String($0) } + ["00"]).prefix(3).joined(separator: ":")
    return "is a time of day. Write an instant with its date and offset, for example 2026-12-01T\(time)Z or "
      + "2026-12-01T\(time)+01:00"
  }

  /// Returns the way out for a command line that only a shell or systemd understands; nil for any other command line.
  ///
  /// The hint quotes only words of a shell: any other word of the line may be a secret.
  static func hint(ofProgram program: String) -> String? {
    let rest = "and Exec= to the program after it"
    if program.contains("*"), !program.contains(where: \.isLetter), !program.hasPrefix("/") {
      return
        "begins with the time fields of a crontab. Write Interval= and StartAt= in [Schedule], and only the program "
        + "and its arguments here"
    }
    if program == "cd" {
      return "begins with cd, which only a shell knows. Set WorkingDirectory= to the directory, \(rest)"
    }
    if shellWords.contains(program) {
      return "begins with \(program), which only a shell knows. Write /bin/sh -c '…' with the whole command line in "
        + "the quotes"
    }
    if program.hasPrefix("~") {
      return "begins with ~, which only a shell knows. Write the whole path, for example /home/backup/bin/program"
    }
    if program.hasPrefix("$") {
      return
        "begins with a variable, which only a shell replaces. Write the path itself, or /bin/sh -c '…' with the whole "
        + "command line in the quotes"
    }
    let prefix = program.prefix { "-@+!:|".contains($0) }
    if !prefix.isEmpty, program.dropFirst(prefix.count).hasPrefix("/") {
      return "has the prefix \(prefix) of systemd, which is not supported. Write the path without it"
    }
    if let equals = program.firstIndex(of: "="), isVariableName(program[..<equals]) {
      return "sets a variable first, which only a shell understands. Set it with Environment=NAME=value, \(rest)"
    }
    return nil
  }

  private static let shellWords: Set = [
    "if", "for", "while", "case", "export", "source", ".", "eval", "exec", "set", "umask", "ulimit", "[[", "(", "{",
  ]
}
