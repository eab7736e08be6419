public import TactusModel

/// Finds references to variables and commands in `Environment=`, which only a shell would replace.
public enum EnvironmentWords {
  /// Warns of the first reference in each line that has one.
  ///
  /// A `$` may be part of a password. So only names of common variables, and of those in the same definition, count as
  /// references. Text in single quotes is literal.
  public static func warnings(of definition: Definition, file: String) -> [UnitFileProblem] {
    let (variables, isCommand): ([String], Bool) =
      switch definition.work {
      case .command(let command): (command.environment, true)
      case .container(let container): (container.environment, false)
      case .heartbeat: ([], false)
      }
    // Parses the text again only if it may hold a reference.
    guard variables.contains(where: { $0.utf8.contains { $0 == UInt8(ascii: "$") || $0 == UInt8(ascii: "`") } }) else {
      return []
    }
    let own = variables.map { String($0.prefix { $0 != "=" }) }
    let names = common.union(own).union(isCommand ? ["CREDENTIALS_DIRECTORY"] : [])
    return definition.assignments(of: "Environment").compactMap { assignment in
      reference(in: assignment.value, to: names, isCommand).map { found in
        let way =
          found.hasSuffix("CREDENTIALS_DIRECTORY")
          ? "Write ${CREDENTIALS_DIRECTORY}" : "Write the value itself, or set it in Exec=/bin/sh -c '…'"
        return UnitFileProblem(
          file: file, line: assignment.line,
          message: "Environment= has \(found), but no shell reads it: the variable gets it unchanged. \(way)")
      }
    }
  }

  /// Variables of every environment.
  private static let common: Set = [
    "HOME", "HOSTNAME", "LANG", "LD_LIBRARY_PATH", "LOGNAME", "PATH", "PWD", "PYTHONPATH", "SHELL", "TMPDIR", "TZ",
    "UID",
    "USER",
  ]

  /// The first reference to a variable or a command in a value, as it is written there.
  private static func reference(in value: String, to names: Set<String>, _ isCommand: Bool) -> String? {
    for word in RawWord.split(value) {
      guard let mark = word.mark else { continue }
      if mark == "$(…)" || mark == "`…`" { return mark }
      var rest = Array(word.text.utf8)[...]
      while let start = rest.firstIndex(of: UInt8(ascii: "$")) {
        rest = rest[(start + 1)...]
        let isBraced = rest.first == UInt8(ascii: "{")
        let name = (isBraced ? rest.dropFirst() : rest).prefix {
          $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_")
        }.text
        // The daemon replaces this one itself.
        if isBraced && isCommand && name == "CREDENTIALS_DIRECTORY" { continue }
        if names.contains(name) { return isBraced ? "${\(name)}" : "$\(name)" }
      }
    }
    return nil
  }
}
