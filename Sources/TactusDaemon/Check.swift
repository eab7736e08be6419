internal import Glibc
internal import TactusLinux
internal import TactusModel
internal import TactusUnitFile

/// `tactusd --check`: reads all files as a starting daemon would.
enum Check {
  /// Prints all problems and warnings, and returns the exit status.
  /// - Parameter isNamed: whether CONFIGURATION_DIRECTORY names the directory, so that no explanation is printed.
  static func run(_ directories: Directories, _ options: Options, isOfSystem: Bool, isNamed: Bool) -> Int32 {
    let directory = directories.configuration
    if !isOfSystem && !isNamed {
      let absence = access(directory, F_OK) == 0 ? "" : " (which does not exist)"
      print(
        "checking \(directory)\(absence) for a private daemon of \(Account.name(of: geteuid())). "
          + "Run sudo tactusd --check --system to check the system's daemon.")
    }
    let lookout = Lookout(time: SystemTime())
    var configuration = Configuration.read(directory, lookout)
    // Any other daemon may run as root, which may read every file.
    let isForDaemon = options.instance == .system || isOfSystem && !isNamed
    let reader = isForDaemon ? Readability.daemon : nil
    let authority = Authority(
      configuration.settings, owner: reader?.user ?? geteuid(),
      startedAs: options.instance ?? (isOfSystem ? .system : nil))
    let isSystem = authority.isSystem
    configuration.examineCustody(of: directory, by: authority)
    configuration.lookAhead(
      .ofCheck(isSystem: isSystem, isForDaemon: isForDaemon, reader: reader), with: lookout, reader: reader)
    let unreadable = isForDaemon ? Readability.problems(of: directory, with: lookout) : (problems: [], files: [])
    let problems = configuration.problems + unreadable.problems
    for warning in configuration.warnings { print("\(warning) (warning)") }
    for problem in problems { print(problem) }
    let refused = Set(configuration.problems.map(\.file))
    let good = configuration.goodCount - unreadable.files.subtracting(refused).count
    print(
      "\(directory): files: \(configuration.fileCount), good: \(max(0, good)), "
        + "bad: \(Set(problems.map(\.file)).count), warnings: \(configuration.warnings.count)")
    return problems.isEmpty ? 0 : 1
  }
}
