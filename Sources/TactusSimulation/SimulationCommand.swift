internal import FoundationEssentials
internal import TactusLinux

/// The command `tactus-sim`: lives through simulated days, and shows what became of them.
public enum SimulationCommand {
  /// Runs the command.
  ///
  /// - Parameter words: the command line without the name of the program.
  /// - Returns: 0; 1 if the auditor found something, or if two lives with one seed differ; 2 for a wrong command line.
  public static func run(_ words: [String]) -> Int32 {
    let options: Options
    do { options = try Options(words) } catch {
      complain("tactus-sim: \(error)")
      return 2
    }
    if options.isHelp {
      print(help)
      return 0
    }
    do {
      let first = try live(options)
      guard options.isTwice else { return first.findings.isEmpty ? 0 : 1 }
      let second = try live(options)
      guard first == second else {
        complain("tactus-sim: the two histories differ, although the seed is the same")
        return 1
      }
      print("Both histories are identical.")
      return first.findings.isEmpty ? 0 : 1
    } catch {
      complain("tactus-sim: the store cannot be used: \(error)")
      return 1
    }
  }

  private static func live(_ options: Options) throws -> SimulatedLife.History {
    let directory = "\(options.directory)/tactus-sim-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let plan = options.plan
    print(
      "seed \(plan.seed): \(plan.days) days of \(plan.workflows) workflows, "
        + (plan.hasFaults ? "with faults" : "without faults"))
    let start = ContinuousClock.now
    var life = try SimulatedLife(plan, in: directory)
    let history = try life.live()
    let span = (ContinuousClock.now - start).components
    show(history, Double(span.seconds) + Double(span.attoseconds) * 1e-18)
    if history.findings.isEmpty {
      try FileManager.default.removeItem(atPath: directory)
    } else {
      print("  The store is in \(directory).")
    }
    return history
  }

  private static func show(_ history: SimulatedLife.History, _ seconds: Double) {
    let jobs = history.jobs.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    let errors = history.errors.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    let happened = SimulatedLife.Happening.allCases.compactMap { kind in
      history.happenings[kind].map { "\(kind.rawValue) \($0)" }
    }.joined(separator: ", ")
    print(
      """
        jobs       \(history.jobCount): \(jobs)
        happened   \(happened)
        history    \(String(history.digest, radix: 16))
        speed      \(Int(Double(history.jobCount) / seconds)) simulated jobs/s
        not done   \(errors)
        auditor    \(history.findings.isEmpty ? "no findings" : "\(history.findings.count) findings:")
      """)
    for finding in history.findings.prefix(20) { print("    \(finding)") }
    if history.findings.count > 20 { print("    and \(history.findings.count - 20) more") }
  }

  private static func complain(_ sentence: String) { StandardError.write(line: sentence) }

  private static let help = """
    Usage: tactus-sim [OPTION…]

    Lives through simulated days with the real workers and a real store. Checks that what was acknowledged
    is there (P1), that the auditor finds nothing (P2, P3, P6, P8), and that no job is stuck at the end.
    The seed decides all that happens, so the same seed gives the same history.

      --seed=N        the seed (default 1)
      --days=N        the days (default 365)
      --workflows=N   the workflows (default 100)
      --faults=WORD   all (default) or none: power cuts, steps of the clock, full disks
      --twice         live twice, and compare the histories
      --directory=DIR where the store is (default /dev/shm, else /tmp)
      --help          show this help
    """
}

extension SimulationCommand {
  /// The options of a command line.
  struct Options {
    var plan = SimulatedLife.Plan(seed: 1, days: 365, workflows: 100, hasFaults: true)
    var isTwice = false
    var isHelp = false
    var directory = FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : "/tmp"

    /// A mistake in the command line, in words.
    struct Mistake: Error, CustomStringConvertible { let description: String }

    private static let known = [
      OptionScanner.Option("seed", takesValue: true), OptionScanner.Option("days", takesValue: true),
      OptionScanner.Option("workflows", takesValue: true), OptionScanner.Option("faults", takesValue: true),
      OptionScanner.Option("twice"), OptionScanner.Option("directory", takesValue: true),
      OptionScanner.Option("help", letter: "h"),
    ]

    init(_ words: [String]) throws(Mistake) {
      let scanned: OptionScanner.Scanned
      do { scanned = try OptionScanner.scan(words, options: Self.known) } catch {
        throw Mistake(description: "\(Self.sentence(error)). Run tactus-sim --help")
      }
      if let word = scanned.operands.first {
        throw Mistake(description: "there is nothing to do with '\(word)'. Run tactus-sim --help")
      }
      for given in scanned.given { try take(Self.known[given.index].name, given.value ?? "") }
    }

    private mutating func take(_ name: String, _ value: String) throws(Mistake) {
      switch name {
      case "seed":
        guard let seed = UInt64(value) else { throw Mistake(description: "--seed=\(value) is not a number from 0 on") }
        plan.seed = seed
      case "days": plan.days = try Self.number(value, of: name, upTo: 36_500)
      case "workflows": plan.workflows = try Self.number(value, of: name, upTo: 100_000)
      case "faults":
        guard value == "all" || value == "none" else {
          throw Mistake(description: "--faults=\(value) is neither 'all' nor 'none'")
        }
        plan.hasFaults = value == "all"
      case "twice": isTwice = true
      case "directory": directory = value
      default: isHelp = true
      }
    }

    private static func number(_ value: String, of name: String, upTo most: Int) throws(Mistake) -> Int {
      guard let number = Int(value), (1...most).contains(number) else {
        throw Mistake(description: "--\(name)=\(value) is not a number from 1 to \(most)")
      }
      return number
    }

    private static func sentence(_ mistake: OptionScanner.Mistake) -> String {
      switch mistake {
      case .unknown(let word): "there is no option \(word)"
      case .ambiguous(let word, let names): "\(word) may mean \(names.map { "--\($0)" }.joined(separator: ", "))"
      case .withoutValue(let word, _): "\(word) needs a value"
      case .withValue(let word): "\(word) takes no value"
      }
    }
  }
}
