internal import Synchronization
internal import TactusLinux
internal import TactusModel
internal import TactusPorts
internal import TactusProtocol
internal import TactusStore
internal import TactusSystemd

/// What `status` shows of the daemon itself: its state and its last errors.
///
/// Any queue.
final class Health: Journal {
  private let journal: any Journal
  private let notifier = ServiceNotifier()
  private let time: any TimeSource
  private let silentPaths: SilentPaths
  private let state = Mutex(State())
  /// Of the state directory.
  let disks: Disks

  private struct State {
    var isStopping = false
    var changed: (@Sendable () -> Void)?
    var storeFailure: String?
    /// Whether the disk of the state directory is known to be silent.
    var isDiskSilent = false
    var output: OutputTrouble?
    /// Rows that are left alone, in the order in which they were met.
    var unreadable: [UnreadableRow] = []
    var incidents: [Incident] = []
    /// Errors that came after files were read the last time, by the order in which they came: the clock may have been set.
    var incidentsSinceReading = 0
    /// What is wrong with files now.
    var fileProblems: [FileProblem] = []
    /// The first that is wrong with each of them.
    var refusals: [String: FileProblem] = [:]
    var refusedFiles = 0
    /// When files were read the last time.
    var filesReadAt = Instant(microseconds: 0)

    func trouble(_ silence: Duration?) -> String? {
      if let storeFailure { return "the store cannot be written: \(storeFailure)" }
      if let output { return "output of jobs cannot be stored: \(output.reason)" }
      return silence?.sentenceOfDisk ?? (isDiskSilent ? DiskWatch.patience.sentenceOfDisk : nil)
    }
  }

  /// What is wrong with a file: for those who may read definitions, which it quotes, and for those who may not.
  struct FileProblem: Sendable {
    let entry: JournalEntry
    /// The file, and the line if there is one.
    let place: String

    /// What is told to somebody with a right.
    func message(for right: Right) -> String {
      right >= .read ? entry.message : "\(place) is wrong; the log says what"
    }
  }

  /// Rows that are kept, and told.
  private static let keptRows = 100
  /// Errors that are kept.
  private static let keptIncidents = 8
  /// Refused files of which the reason is kept; the log has those of all.
  private static let keptRefusals = 1000

  /// Tells everything to a journal, paths that do not answer included, and keeps the last errors.
  init(journal: any Journal, silentPaths: SilentPaths, time: any TimeSource, disks: Disks) {
    self.journal = journal
    self.silentPaths = silentPaths
    self.time = time
    self.disks = disks
    silentPaths.onChange { [weak self] in self?.note($0) }
  }

  /// A path does not answer, or does so again.
  private func note(_ news: SilentPaths.News) {
    switch news {
    case .silent(let silence):
      journal.tell(
        JournalEntry(
          .pathSilent, "\(silence.words). Whatever needs this path fails until it answers.",
          fields: [.path: silence.path]))
    case .answered(let silence):
      journal.tell(
        JournalEntry(.pathAnswered, "\(silence.use): answers again", fields: [.path: silence.path]))
    }
    state.withLock { $0.changed }?()
  }

  func tell(_ entry: JournalEntry) {
    if entry.priority.rawValue <= JournalEntry.Priority.error.rawValue {
      let incident = Incident(at: time.now, message: entry.message)
      state.withLock { state in
        if state.incidents.count == Self.keptIncidents { state.incidents.removeLast() }
        state.incidents.insert(incident, at: 0)
        state.incidentsSinceReading += 1
      }
    }
    journal.tell(entry)
  }

  /// What is wrong with the files that were just read: told to the journal, and shown until they are read again.
  func tell(filesRefused problems: [FileProblem]) {
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
    for problem in problems { journal.tell(problem.entry) }
    changed?()
  }

  /// The store began to fail, or works again (nil).
  func note(store trouble: StoreTrouble?) {
    let changed = state.withLock { state in
      state.storeFailure = trouble?.reason
      return state.changed
    }
    changed?()
    if let trouble {
      tell(
        JournalEntry(
          trouble.isFull ? .storeFull : .storeFailing,
          "the store cannot be written: \(trouble.reason); nothing new is started, what runs is watched, and it is tried again every second",
          fields: [.reason: trouble.reason]))
    } else {
      tell(JournalEntry(.storeRecovered, "the store can be written again"))
    }
  }

  /// The disk of the state directory has fallen silent, or answers again.
  func note(diskIsSilent isSilent: Bool) {
    let changed = state.withLock { state in
      state.isDiskSilent = isSilent
      return state.changed
    }
    changed?()
    if isSilent {
      let reason = (disks.silence ?? DiskWatch.patience).sentenceOfDisk
      tell(
        JournalEntry(
          .storeSilent, "\(reason). Running jobs go on, and their ends are recorded when it answers. Check that disk.",
          fields: [.reason: reason]))
    } else {
      tell(JournalEntry(.storeRecovered, "the store answers again"))
    }
  }

  /// Output of jobs cannot be stored, or can be again (nil).
  func note(output trouble: OutputTrouble?) {
    let changed = state.withLock { state in
      state.output = trouble
      return state.changed
    }
    changed?()
    guard let trouble else {
      return tell(JournalEntry(.outputRecovered, "output of jobs can be stored again"))
    }
    let consequence =
      trouble.isLost
      ? "it is lost until that is over" : "it is held and tried again every second, and a job that writes much waits"
    tell(
      JournalEntry(
        .outputFailing, "output of jobs cannot be stored: \(trouble.reason); \(consequence)",
        fields: [.reason: trouble.reason]))
  }

  /// A row of the store cannot be read; told once for each.
  func note(unreadable row: UnreadableRow) {
    let isNew = state.withLock { state in
      guard state.unreadable.count < Self.keptRows, !state.unreadable.contains(row) else { return false }
      state.unreadable.append(row)
      return true
    }
    guard isNew else { return }
    tell(JournalEntry(.rowUnreadable, "\(row)", fields: [.reason: row.place]))
  }

  /// The rows that were met and cannot be read, in the order in which that was seen; at most 100 are kept.
  var unreadableRows: [UnreadableRow] { state.withLock { $0.unreadable } }

  /// Why the store cannot be written; nil if it can.
  var storeTrouble: String? { state.withLock { $0.storeFailure } }

  /// Why output of jobs cannot be stored; nil if it can.
  var outputTrouble: OutputTrouble? { state.withLock { $0.output } }

  /// Tells the service manager.
  ///
  /// A stop is the last word: a reload that ends during it does not make the daemon ready again.
  func announce(_ announcement: ServiceNotifier.State) {
    let isOver = isStopping && announcement.isOfRunning
    guard !isOver else { return }
    notifier.tell(announcement)
  }

  func noteStopping() {
    let changed = state.withLock { state in
      state.isStopping = true
      return state.changed
    }
    changed?()
  }

  var isStopping: Bool { state.withLock { $0.isStopping } }

  /// Has the body run, on any queue, whenever ``headline`` changes.
  func onChange(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.changed = body } }

  /// What is out of the ordinary; nil if nothing is.
  var headline: String? {
    let silent = silentPaths.all.count
    return state.withLock { state in
      if state.isStopping { return "stopping" }
      let store = state.trouble(disks.silence).map { "degraded: \($0)" }
      let files = state.refusedFiles == 1 ? "1 file is" : "\(state.refusedFiles) files are"
      let refused = state.refusedFiles > 0 ? "\(files) refused (tactusctl status)" : nil
      let paths = silent == 1 ? "1 path does" : "\(silent) paths do"
      let unanswered = silent > 0 ? "\(paths) not answer (tactusctl status)" : nil
      let parts = [store, refused, unanswered].compactMap(\.self)
      return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }
  }

  var daemonState: DaemonState {
    let silence = disks.silence
    return state.withLock { $0.isStopping ? .stopping : $0.trouble(silence) != nil ? .degraded : .running }
  }

  /// Why it is degraded; nil if it is not.
  var trouble: String? {
    let silence = disks.silence
    return state.withLock { $0.trouble(silence) }
  }

  /// The last errors and what is wrong with files now, newest first; the problems of one reading in their order.
  ///
  /// What is wrong with a file quotes it: without the right to read only the place is told.
  func incidents(for right: Right) -> [Incident] {
    let (errors, files, readAt, later) = state.withLock {
      ($0.incidents, $0.fileProblems, $0.filesReadAt, $0.incidents.prefix($0.incidentsSinceReading))
    }
    let problems = files.map { Incident(at: readAt, message: $0.message(for: right)) }
    let silent = silentPaths.all
    let unanswered = silent.suffix(right >= .read ? Self.keptIncidents : 1).reversed().map { silence in
      Incident(
        at: silence.since, message: right >= .read ? silence.words : "a path does not answer; the log says which")
    }
    return unanswered + later + problems + errors.dropFirst(later.count)
  }
}

extension Health {
  /// Why there is no workflow although it has a file, and the way out.
  func refusal(ofWorkflow name: String, for right: Right) -> String {
    let file = "workflows/\(name).workflow"
    guard let problem = state.withLock({ $0.refusals[file] }) else {
      return "its file \(file) is there, but not in force: tactusctl reload reads it, and says what is wrong with it"
    }
    return "its file was refused when it was last read: \(problem.message(for: right)); mend it, then tactusctl reload"
  }
}

extension ServiceNotifier.State {
  /// Whether it says that the daemon runs, or will do so soon.
  fileprivate var isOfRunning: Bool {
    switch self {
    case .ready, .reloading: true
    case .watchdog, .stopping, .status, .extendTimeout: false
    }
  }
}

/// Why the store cannot be written.
struct StoreTrouble: Sendable {
  /// In SQLite's words, with its code.
  let reason: String
  /// Whether room on the disk would help.
  let isFull: Bool

  init(_ error: StoreError) {
    reason = "\(error.message) (SQLite \(error.code))"
    isFull = error.isDiskFull
  }
}

extension SilentPaths.Silence {
  /// A sentence that names where the path stands: `Exec=/mnt/x of workflow nightly: no answer since 2026-12-01T03:00:00Z`.
  fileprivate var words: String { "\(use): \(SilentPaths.words(since: since))" }
}
