internal import Glibc
internal import TactusLinux
internal import TactusModel
internal import TactusUnitFile

/// `tactusd --check`: reads all files as a starting daemon would.
enum Check {
  /// - Parameter isNamed: whether somebody said which directories are meant, so that it needs no words.
  static func run(_ directories: Directories, _ options: Options, isOfSystem: Bool, isNamed: Bool) -> Int32 {
    let directory = directories.configuration
    if !isOfSystem && !isNamed {
      let absence = access(directory, F_OK) == 0 ? "" : " (it is not there)"
      print(
        "this checks \(directory)\(absence), which is for a daemon of \(Account.name(of: geteuid())) alone; "
          + "for that of the machine: sudo tactusd --check --system")
    }
    let lookout = Lookout(time: SystemTime())
    var configuration = Configuration.read(directory, lookout)
    // Elsewhere it may be the daemon of root itself, who may read everything.
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
      "\(directory): files: \(configuration.fileCount), good: \(max(0, good)), bad: \(Set(problems.map(\.file)).count), warnings: \(configuration.warnings.count)"
    )
    return problems.isEmpty ? 0 : 1
  }
}
