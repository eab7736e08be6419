internal import FoundationEssentials
internal import Glibc
internal import TactusLinux
internal import TactusModel
internal import TactusPorts
internal import TactusProtocol
internal import TactusStore
internal import TactusSystemd
internal import TactusUnitFile

/// What `tactusd` does with its arguments; the exit status is the answer.
public enum EntryPoint {
  /// Runs the daemon, or the one check that an option asks for, and returns the exit status.
  ///
  /// Called once, on the main thread, before there are other threads.
  public static func run(_ arguments: [String]) -> Int32 {
    // Without /dev/null there is nobody to tell either: the exit status says it.
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
      doorway.close("tactusd does not start: \(sentence); journalctl -u tactusd has more")
    }
    do {
      doorway = Doorway(activated: try Activation.takeSocket())
      let (daemon, signals) = try start(directories, options, at: &doorway)
      defer { daemon.close() }
      return daemon.run(until: signals)
    } catch let held as FileLock.Held {
      tellFailure("another daemon uses this state directory: \(held); stop it, or set STATE_DIRECTORY to another")
      turnAway("another daemon uses its state directory")
    } catch let failure as SettingsRefused {
      for problem in failure.problems { tellFailure("\(problem)") }
      // Where, and not what: not everybody may read the files.
      let (file, line) = (failure.problems[0].file, failure.problems[0].line)
      turnAway("\(file)\(line > 0 ? ":\(line)" : "") is refused: mend it, and systemctl restart tactusd")
      return configurationStatus
    } catch {
      tellFailure("\(error)")
      turnAway("\(error)")
    }
    return 1
  }

  /// A start that is tried again would end in the same way: the unit has systemd not try. Source: sysexits.h, `EX_CONFIG`
  private static let configurationStatus: Int32 = 78

  private struct SettingsRefused: Error {
    let problems: [UnitFileProblem]
  }

  /// Why there will be no daemon: to the journal with its kind, if that listens, else to whoever started it.
  private static func tellFailure(_ sentence: String) {
    guard case .journal = JournalDestination.connected() else { return complain("tactusd: \(sentence)") }
    let journal = JournalWriter()
    journal.tell(JournalEntry(.startFailed, "tactusd does not start: \(sentence)"))
    journal.flush()
  }

  /// A function of its own, so that ten thousand definitions do not stay in memory for as long as the daemon runs.
  private static func start(
    _ directories: Directories, _ options: Options, at doorway: inout Doorway
  ) throws -> (Daemon, SignalSource) {
    let lookout = Lookout(time: SystemTime())
    var configuration = Configuration.read(directories.configuration, lookout)
    configuration.examineCustody(
      of: directories.configuration,
      by: Authority(configuration.settings, owner: geteuid(), startedAs: options.instance))
    // A daemon with other settings than it was told could do harm; a bad workflow only does not run.
    let problems = configuration.settingsProblems
    if !problems.isEmpty { throw SettingsRefused(problems: problems) }
    let daemon = try Daemon(
      directories: directories, configuration: configuration, lookout: lookout, startedAs: options.instance,
      faults: DebugFaults(environment: ProcessInfo.processInfo.environment))
    do { return (daemon, try daemon.start(configuration, at: &doorway)) } catch {
      daemon.close()
      throw error
    }
  }

  static func complain(_ sentence: String) {
    let line = Array("\(sentence)\n".utf8)
    // Nobody is left to tell if even this fails.
    _ = line.withUnsafeBytes { Descriptor.write(STDERR_FILENO, from: $0) }
  }

  private static let help = """
    Usage: tactusd [--system | --user] [OPTION]

    Runs jobs on their schedules until it gets SIGTERM. Stays in the foreground.

      --system    serve everybody on this machine (default for root)
      --user      serve its own user and root only (default for others)
      --check     read all files, say what is wrong with them, and exit
      --verify    audit the store, of a running or a stopped daemon, and exit
      --help      show this text
      --version   show the version

    Directories, from the variables that systemd sets:
      CONFIGURATION_DIRECTORY   tactusd.conf, workflows/, queues/  (/etc/tactus)
      STATE_DIRECTORY           tactus.db, logs.db                 (/var/lib/tactus)
      RUNTIME_DIRECTORY         control.sock                       (/run/tactus)
    Without --system, other users have the XDG directories as defaults.

    Signals: SIGTERM, SIGINT stop (again: at once); SIGHUP reads the files again.

    See tactusd(8), tactusctl(1), tactus.workflow(5), tactusd.conf(5).
    """
}
