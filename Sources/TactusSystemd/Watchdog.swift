import CSystemd
import Glibc
public import TactusLinux
import TactusModel
public import TactusPorts

/// Tells the service manager that the daemon is alive, but only when each of its work queues has answered.
///
/// Twice in each interval a token is posted to all queues, and when the last has come back the service manager hears of
/// it. So a queue that is blocked for as long as `WatchdogSec=` has the daemon restarted, whatever else goes on; one that waits
/// for its disk is excused.
///
/// Source: sd_watchdog_enabled(3), which recommends half of the interval
public actor Watchdog: QueueConfined {
  /// `tactus.watchdog`.
  public nonisolated let queue: any WorkQueue

  private let interval: Duration
  private let watched: [any WorkQueue]
  private let notifier: ServiceNotifier
  private let time: any TimeSource
  private let isExcused: @Sendable (_ label: String) -> Bool
  private let tell: @Sendable (_ silent: [String]) -> Void
  private var alarm: (any MonotonicAlarm)?
  /// The labels of queues that owe an answer in this round.
  private var silent: Set<String> = []
  private var round: UInt64 = 0
  private var isTold = false

  /// `WatchdogSec=` of this service; nil where nobody watches.
  public static var interval: Duration? {
    var microseconds: UInt64 = 0
    guard sd_watchdog_enabled(0, &microseconds) > 0 else { return nil }
    return .microseconds(Int64(clamping: microseconds))
  }

  /// A watchdog that is not begun yet.
  /// - Parameters:
  ///   - interval: how long the service manager waits for a sign of life.
  ///   - watched: queues whose work never takes half of that.
  ///   - isExcused: whether the silence of a queue, by its label, is that of its disk, which no restart would mend; any queue.
  ///   - tell: gets the labels of the queues that have been silent for half of the interval, once, until all have answered.
  public init(
    on queue: DispatchWorkQueue, interval: Duration, watching watched: [any WorkQueue], time: any TimeSource,
    notifier: ServiceNotifier = ServiceNotifier(),
    isExcused: @escaping @Sendable (_ label: String) -> Bool = { _ in false },
    tell: @escaping @Sendable (_ silent: [String]) -> Void
  ) {
    self.queue = queue
    self.interval = interval
    self.watched = watched
    self.notifier = notifier
    self.isExcused = isExcused
    self.time = time
    self.tell = tell
  }

  /// Begins; once.
  public nonisolated func begin(alarms: any AlarmSource) {
    post { watchdog in
      // Intentionally strong: once begun it lives as long as the process, and nobody else has to hold it.
      watchdog.alarm = alarms.monotonicAlarm(on: watchdog.queue) { watchdog.assumeIsolated { $0.passed() } }
      watchdog.ask()
    }
  }

  private func ask() {
    round += 1
    silent = Set(watched.map(\.label))
    for queue in watched {
      let label = queue.label
      queue.post { [round] in self.post { $0.answered(label, round) } }
    }
    alarm?.arm(at: time.monotonic + interval / 2)
  }

  private func answered(_ label: String, _ answeredRound: UInt64) {
    guard answeredRound == round, silent.remove(label) != nil, silent.isEmpty else { return }
    notifier.tell(.watchdog)
    isTold = false
  }

  private func passed() {
    guard !silent.isEmpty else { return ask() }
    guard !silent.allSatisfy(isExcused) else {
      // Alive: those queues answer as soon as their disk does.
      notifier.tell(.watchdog)
      alarm?.arm(at: time.monotonic + interval / 2)
      return
    }
    // No further round: the answers that are missing would only pile up behind what is in their way.
    if !isTold { tell(silent.sorted()) }
    isTold = true
    alarm?.arm(at: time.monotonic + interval / 2)
  }
}
