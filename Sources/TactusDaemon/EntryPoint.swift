internal import FoundationEssentials
internal import Glibc
internal import TactusLinux
internal import TactusModel
internal import TactusPorts
internal import TactusProtocol
internal import TactusStore
internal import TactusSystemd
internal import TactusUnitFile

/// Runs `tactusd` according to its arguments.
public enum EntryPoint {
  /// Runs the daemon, or the task that an option names, and returns the exit status.
  ///
  /// Called once, on the main thread, before there are other threads.
  public static func run(_ arguments: [String]) -> Int32 {
    // Without /dev/null there may be no stderr for a message, so only the exit status reports it.
    guard (try? Descriptor.keepStandard()) != nil else { return 1 }
    Allocator.economize()
    Signals.ignoreBrokenPipes()
    Signals.ignoreFileSizeLimits()
    Signals.block([.terminate, .interrupt, .hangUp, .child, .user2])
    let options: Options
    do throws(Options.Mistake) { options = try Options(arguments.dropFirst()) } catch {
      complain("tactusd: \(error)")
      return 2
    }
    let isOfSystem = options.instance.map { $0 == .system } ?? (geteuid() == 0)
    let environment = ProcessInfo.processInfo.environment
    let directories = Directories(environment: environment, isOfSystem: isOfSystem)
    switch options.task {
    case nil: return daemon(directories, options)
    case .check:
      let isNamed = environment["CONFIGURATION_DIRECTORY"].map { !$0.isEmpty } ?? false
      return Check.run(directories, options, isOfSystem: isOfSystem, isNamed: isNamed)
    case .verify: return Verification.run(directories)
    case .help: print(help)
    case .version: print("tactusd \(Product.version)")
    }
    return 0
  }

  private static func daemon(_ directories: Directories, _ options: Options) -> Int32 {
    var doorway = Doorway()
    func turnAway(_ sentence: String) {
      doorway.close("tactusd does not start: \(sentence). Run journalctl -u tactusd for more")
    }
    do {
      doorway = Doorway(activated: try Activation.takeSocket())
      let (daemon, signals) = try start(directories, options, at: &doorway)
      defer { daemon.close() }
      return daemon.run(until: signals)
    } catch let held as FileLock.Held {
      reportFailure("another daemon uses this state directory: \(held). Stop it, or set STATE_DIRECTORY to another")
      turnAway("another daemon uses its state directory")
    } catch let failure as SettingsRefused {
      for problem in failure.problems { reportFailure("\(problem)") }
      // Only the place of the problem, because not every client may read the files.
      let (file, line) = (failure.problems[0].file, failure.problems[0].line)
      turnAway("\(file)\(line > 0 ? ":\(line)" : "") is refused. Fix it, then run systemctl restart tactusd")
      return configurationStatus
    } catch {
      reportFailure("\(error)")
      turnAway("\(error)")
    }
    return 1
  }

  /// The exit status with which the unit is not restarted: another start would fail in the same way.
  ///
  /// Source: sysexits.h, `EX_CONFIG`
  private static let configurationStatus: Int32 = 78

  private struct SettingsRefused: Error {
    let problems: [UnitFileProblem]
  }

  /// Reports why the daemon does not start: to the journal with its kind if stderr leads there, else to stderr.
  private static func reportFailure(_ sentence: String) {
    guard case .journal = JournalDestination.connected() else { return complain("tactusd: \(sentence)") }
    let journal = JournalWriter()
    journal.report(JournalEntry(.startFailed, "tactusd does not start: \(sentence)"))
    journal.flush()
  }

  /// A separate function, so that ten thousand definitions do not stay in memory as long as the daemon runs.
  private static func start(
    _ directories: Directories, _ options: Options, at doorway: inout Doorway
  ) throws -> (Daemon, SignalSource) {
    let lookout = Lookout(time: SystemTime())
    var configuration = Configuration.read(directories.configuration, lookout)
    configuration.examineCustody(
      of: directories.configuration,
      by: Authority(configuration.settings, owner: geteuid(), startedAs: options.instance))
    // A daemon with unintended settings could do harm. A bad workflow only does not run.
    let problems = configuration.settingsProblems
    if !problems.isEmpty { throw SettingsRefused(problems: problems) }
    let daemon = try Daemon(
      directories: directories, configuration: configuration, lookout: lookout, startedAs: options.instance,
      hasLogFields: options.hasLogFields, faults: DebugFaults(environment: ProcessInfo.processInfo.environment))
    do { return (daemon, try daemon.start(configuration, at: &doorway)) } catch {
      daemon.close()
      throw error
    }
  }

  static func complain(_ sentence: String) { StandardError.write(line: sentence) }

  private static let help = """
    Usage: tactusd [--system | --user] [OPTION]

    Runs jobs on their schedules until it gets SIGTERM. Stays in the foreground.

      --system      serve everybody on this machine (default for root)
      --user        serve only this user and root (default for other users)
      --log-fields  end each line on standard error with the fields of its entry
      --check       read all files, report their problems, and exit
      --verify      audit the store of a running or stopped daemon, and exit
      --help        show this text
      --version     show the version

    Directories, from the variables that systemd sets:
      CONFIGURATION_DIRECTORY   tactusd.conf, workflows/, queues/  (/etc/tactus)
      STATE_DIRECTORY           tactus.db, logs.db                 (/var/lib/tactus)
      RUNTIME_DIRECTORY         control.sock                       (/run/tactus)
    Without --system, users other than root get the XDG directories by default.

    Signals: SIGTERM and SIGINT stop the daemon, and a second one stops it at
    once. SIGHUP reloads the files.

    See tactusd(8), tactusctl(1), tactus.workflow(5), tactusd.conf(5).
    """
}
