internal import Synchronization
internal import TactusControl
internal import TactusLinux
internal import TactusModel
internal import TactusPorts
internal import TactusProtocol
internal import TactusStore
internal import TactusSystemd

/// The state of the daemon and its last errors, as `tactusctl status` shows them.
///
/// Any queue.
final class Health: Condition {
  private let journal: any Journal
  private let notifier = ServiceNotifier()
  private let time: any TimeSource
  private let silentPaths: SilentPaths
  private let state = Mutex(State())
  /// The watches of the disk of the state directory.
  let disks: Disks

  private struct State {
    var isStopping = false
    var changed: (@Sendable () -> Void)?
    var storeFailure: String?
    /// Whether the disk of the state directory is known to be silent.
    var isDiskSilent = false
    var output: OutputTrouble?
    /// Rows that cannot be read, in the order in which they were found.
    var unreadable: [UnreadableRow] = []
    var incidents: [Incident] = []
    /// The number of errors after the last reading of files.
    ///
    /// Instants do not show it, because the clock may be set.
    var incidentsSinceReading = 0
    /// The current problems of files.
    var fileProblems: [FileProblem] = []
    /// The first problem of each file.
    var refusals: [String: FileProblem] = [:]
    var refusedFiles = 0
    /// When files were last read.
    var filesReadAt = Instant(microseconds: 0)

    func trouble(_ silence: Duration?) -> String? {
      if let storeFailure { return "the store cannot be written: \(storeFailure)" }
      if let output { return "output of jobs cannot be stored: \(output.reason)" }
      return silence?.sentenceOfDisk ?? (isDiskSilent ? DiskWatch.patience.sentenceOfDisk : nil)
    }
  }

  /// A problem of a file, for callers that may read definitions, which it quotes, and for callers that may not.
  struct FileProblem: Sendable {
    let entry: JournalEntry
    /// The file, and the line if there is one.
    let place: String

    /// The message for a caller with a right.
    func message(for right: Right) -> String {
      right >= .read ? entry.message : "\(place) is invalid, see the log"
    }
  }

  /// The number of unreadable rows that are kept and reported.
  private static let keptRows = 100
  /// The number of errors that are kept.
  private static let keptIncidents = 8
  /// The number of refused files whose reason is kept; the log has all reasons.
  private static let keptRefusals = 1000

  /// Reports everything to a journal, including paths that do not answer, and keeps the last errors.
  init(journal: any Journal, silentPaths: SilentPaths, time: any TimeSource, disks: Disks) {
    self.journal = journal
    self.silentPaths = silentPaths
    self.time = time
    self.disks = disks
    silentPaths.onChange { [weak self] in self?.note($0) }
  }

  /// Reports that a path does not answer, or answers again.
  private func note(_ news: SilentPaths.News) {
    switch news {
    case .silent(let silence):
      journal.report(
        JournalEntry(
          .pathSilent, "\(silence.words). Everything that needs this path fails until it answers.",
          fields: [.path: silence.path]))
    case .answered(let silence):
      journal.report(
        JournalEntry(.pathAnswered, "\(silence.use): answers again", fields: [.path: silence.path]))
    }
    state.withLock { $0.changed }?()
  }

  func report(_ entry: JournalEntry) {
    if entry.priority.rawValue <= JournalEntry.Priority.error.rawValue {
      let incident = Incident(at: time.now, message: entry.message)
      state.withLock { state in
        if state.incidents.count == Self.keptIncidents { state.incidents.removeLast() }
        state.incidents.insert(incident, at: 0)
        state.incidentsSinceReading += 1
      }
    }
    journal.report(entry)
  }

  /// Reports the problems of the files that were just read, and shows them until files are read again.
  func report(filesRefused problems: [FileProblem]) {
    let now = time.now
    let files = Set(problems.compactMap { $0.entry[.file] }).count
    let changed = state.withLock { state in
      state.refusedFiles = files
      state.fileProblems = Array(problems.prefix(Self.keptIncidents))
      state.refusals = [:]
      for problem in problems where state.refusals.count < Self.keptRefusals {
        guard let file = problem.entry[.file], state.refusals[file] == nil else { continue }
        state.refusals[file] = problem
      }
      state.filesReadAt = now
      state.incidentsSinceReading = 0
      return state.changed
    }
    for problem in problems { journal.report(problem.entry) }
    changed?()
  }

  /// Reports that the store began to fail, or works again (nil).
  func note(store trouble: StoreTrouble?) {
    let changed = state.withLock { state in
      state.storeFailure = trouble?.reason
      return state.changed
    }
    changed?()
    if let trouble {
      report(
        JournalEntry(
          trouble.isFull ? .storeFull : .storeFailing,
          "the store cannot be written: \(trouble.reason). No new jobs start, and running jobs are watched. "
            + "The daemon tries again every second.", fields: [.reason: trouble.reason]))
    } else {
      report(JournalEntry(.storeRecovered, "the store can be written again"))
    }
  }

  /// Reports that the disk of the state directory has fallen silent, or answers again.
  func note(diskIsSilent isSilent: Bool) {
    let changed = state.withLock { state in
      state.isDiskSilent = isSilent
      return state.changed
    }
    changed?()
    if isSilent {
      let reason = (disks.silence ?? DiskWatch.patience).sentenceOfDisk
      report(
        JournalEntry(
          .storeSilent,
          "\(reason). Running jobs continue, and their ends are recorded when it answers. Check that disk.",
          fields: [.reason: reason]))
    } else {
      report(JournalEntry(.storeRecovered, "the store answers again"))
    }
  }

  /// Reports that output of jobs cannot be stored, or can be stored again (nil).
  func note(output trouble: OutputTrouble?) {
    let changed = state.withLock { state in
      state.output = trouble
      return state.changed
    }
    changed?()
    guard let trouble else {
      return report(JournalEntry(.outputRecovered, "output of jobs can be stored again"))
    }
    let consequence =
      trouble.isLost
      ? "It is lost until this is fixed."
      : "It is held, and the daemon tries again every second. Jobs that write much wait."
    report(
      JournalEntry(
        .outputFailing, "output of jobs cannot be stored: \(trouble.reason). \(consequence)",
        fields: [.reason: trouble.reason]))
  }

  /// Reports a row of the store that cannot be read; once for each row.
  func note(unreadable row: UnreadableRow) {
    let isNew = state.withLock { state in
      guard state.unreadable.count < Self.keptRows, !state.unreadable.contains(row) else { return false }
      state.unreadable.append(row)
      return true
    }
    guard isNew else { return }
    report(JournalEntry(.rowUnreadable, "\(row)", fields: [.reason: row.place]))
  }

  /// The rows that cannot be read, in the order in which they were found; at most 100.
  var unreadableRows: [UnreadableRow] { state.withLock { $0.unreadable } }

  /// The reason why the store cannot be written; nil if it can.
  var storeTrouble: String? { state.withLock { $0.storeFailure } }

  /// The reason why output of jobs cannot be stored; nil if it can.
  var outputTrouble: OutputTrouble? { state.withLock { $0.output } }

  /// Notifies the service manager.
  ///
  /// A stop is final: a reload that ends during it does not make the daemon ready again.
  func announce(_ announcement: ServiceNotifier.State) {
    let isOver = isStopping && announcement.isOfRunning
    guard !isOver else { return }
    notifier.notify(announcement)
  }

  func noteStopping() {
    let changed = state.withLock { state in
      state.isStopping = true
      return state.changed
    }
    changed?()
  }

  var isStopping: Bool { state.withLock { $0.isStopping } }

  /// Runs the body, on any queue, whenever ``headline`` changes.
  func onChange(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.changed = body } }

  /// The problems of the daemon in one line; nil without problems.
  var headline: String? {
    let silent = silentPaths.all.count
    return state.withLock { state in
      if state.isStopping { return "stopping" }
      let store = state.trouble(disks.silence).map { "degraded: \($0)" }
      let files = state.refusedFiles == 1 ? "1 file is" : "\(state.refusedFiles) files are"
      let refused = state.refusedFiles > 0 ? "\(files) refused (see tactusctl status)" : nil
      let paths = silent == 1 ? "1 path does" : "\(silent) paths do"
      let unanswered = silent > 0 ? "\(paths) not answer (see tactusctl status)" : nil
      let parts = [store, refused, unanswered].compactMap(\.self)
      return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }
  }

  var daemonState: DaemonState {
    let silence = disks.silence
    return state.withLock { $0.isStopping ? .stopping : $0.trouble(silence) != nil ? .degraded : .running }
  }

  /// The reason why the daemon is degraded; nil if it is not.
  var trouble: String? {
    let silence = disks.silence
    return state.withLock { $0.trouble(silence) }
  }

  /// The last errors and the current problems of files, newest first; the problems of one reading stay in order.
  ///
  /// A problem of a file quotes it, so a caller without the right to read gets only the place.
  func incidents(for right: Right) -> [Incident] {
    let (errors, files, readAt, later) = state.withLock {
      ($0.incidents, $0.fileProblems, $0.filesReadAt, $0.incidents.prefix($0.incidentsSinceReading))
    }
    let problems = files.map { Incident(at: readAt, message: $0.message(for: right)) }
    let silent = silentPaths.all
    let unanswered = silent.suffix(right >= .read ? Self.keptIncidents : 1).reversed().map { silence in
      Incident(
        at: silence.since, message: right >= .read ? silence.words : "a path does not answer, see the log")
    }
    return unanswered + later + problems + errors.dropFirst(later.count)
  }
}

extension Health {
  /// The reason why a workflow with a file does not exist, and the way out.
  func refusal(ofWorkflow name: String, for right: Right) -> String {
    let file = "workflows/\(name).workflow"
    guard let problem = state.withLock({ $0.refusals[file] }) else {
      return "its file \(file) exists but is not in force. Run tactusctl reload to read it and see its problems"
    }
    return "its file was refused: \(problem.message(for: right)). Fix the file, then run tactusctl reload"
  }
}

extension ServiceNotifier.State {
  /// Whether it means that the daemon runs, or will run soon.
  fileprivate var isOfRunning: Bool {
    switch self {
    case .ready, .reloading: true
    case .watchdog, .stopping, .status, .extendTimeout: false
    }
  }
}

/// The reason why the store cannot be written.
struct StoreTrouble: Sendable {
  /// SQLite's message, with its code.
  let reason: String
  /// Whether free space on the disk would help.
  let isFull: Bool

  init(_ error: StoreError) {
    reason = error.reason
    isFull = error.isDiskFull
  }
}

extension SilentPaths.Silence {
  /// The use of the path, and its silence: `Exec=/mnt/x of workflow nightly: no answer since 2026-12-01T03:00:00Z`.
  fileprivate var words: String { "\(use): \(SilentPaths.words(since: since))" }
}
