internal import Synchronization
internal import TactusModel
internal import TactusPorts
internal import TactusProtocol
internal import TactusSystemd

/// What `status` shows of the daemon itself: its state and its last errors.
///
/// Any queue.
final class Health: Journal {
  private let journal: any Journal
  private let notifier = ServiceNotifier()
  private let time: any TimeSource
  private let state = Mutex(State())

  private struct State {
    var isStopping = false
    var storeFailure: String?
    var incidents: [Incident] = []
  }

  /// Errors that are kept.
  private static let keptIncidents = 8

  /// Tells everything to a journal and keeps the last errors.
  init(journal: any Journal, time: any TimeSource) {
    self.journal = journal
    self.time = time
  }

  func tell(_ entry: JournalEntry) {
    if entry.priority.rawValue <= JournalEntry.Priority.error.rawValue {
      let incident = Incident(at: time.now, message: entry.message)
      state.withLock { state in
        if state.incidents.count == Self.keptIncidents { state.incidents.removeLast() }
        state.incidents.insert(incident, at: 0)
      }
    }
    journal.tell(entry)
  }

  /// The store began to fail, or works again (nil).
  func note(store failure: String?) {
    state.withLock { $0.storeFailure = failure }
    if let failure {
      tell(
        JournalEntry(
          .error,
          "the store cannot be written: \(failure); nothing new is started, what runs is watched, and it is tried again every second"
        ))
    } else {
      tell(JournalEntry(.notice, "the store can be written again"))
    }
  }

  /// Tells the service manager.
  ///
  /// A stop is the last word: a reload that ends during it does not make the daemon ready again.
  func announce(_ announcement: ServiceNotifier.State) {
    let isOver = state.withLock { $0.isStopping } && announcement != .stopping
    guard !isOver else { return }
    notifier.tell(announcement)
  }

  func noteStopping() { state.withLock { $0.isStopping = true } }

  var daemonState: DaemonState {
    state.withLock { $0.isStopping ? .stopping : $0.storeFailure != nil ? .degraded : .running }
  }

  /// The last errors, newest first.
  var incidents: [Incident] { state.withLock { $0.incidents } }
}
