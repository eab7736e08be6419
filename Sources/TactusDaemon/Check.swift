internal import TactusModel

/// `tactusd --check`: reads all files as a starting daemon would.
enum Check {
  static func run(_ directories: Directories) -> Int32 {
    let configuration = Configuration.read(directories.configuration)
    for warning in configuration.warnings { print("\(warning) (warning)") }
    for problem in configuration.problems { print(problem) }
    let bad = Set(configuration.problems.map(\.file)).count
    print(
      "\(directories.configuration): files: \(configuration.fileCount), good: \(configuration.goodCount), bad: \(bad), warnings: \(configuration.warnings.count)"
    )
    return configuration.problems.isEmpty ? 0 : 1
  }
}
