import CSystemd
import Glibc
public import TactusLinux
import TactusModel
public import TactusPorts

/// Notifies the service manager that the daemon is alive, but only if each of its work queues has answered.
///
/// Twice in each interval a token is posted to all queues. When the last queue has returned it, the service manager is
/// notified. So a queue that is blocked for `WatchdogSec=` causes a restart of the daemon, even if all others work. A
/// queue that waits for its disk is excused.
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
  private let report: @Sendable (_ silent: [String]) -> Void
  private var alarm: (any MonotonicAlarm)?
  /// The labels of queues that owe an answer in this round.
  private var silent: Set<String> = []
  private var round: UInt64 = 0
  private var isReported = false

  /// `WatchdogSec=` of this service; nil without a watchdog.
  public static var interval: Duration? {
    var microseconds: UInt64 = 0
    guard sd_watchdog_enabled(0, &microseconds) > 0 else { return nil }
    return .microseconds(Int64(clamping: microseconds))
  }

  /// Creates a watchdog that does not run yet.
  ///
  /// - Parameters:
  ///   - interval: how long the service manager waits for a sign of life.
  ///   - watched: queues whose work never takes half of that.
  ///   - isExcused: whether the queue with a label waits for its disk, which a restart would not fix; any queue.
  ///   - report: gets the labels of the queues that were silent for half of the interval, once until all have answered.
  public init(
    on queue: DispatchWorkQueue, interval: Duration, watching watched: [any WorkQueue], time: any TimeSource,
    notifier: ServiceNotifier = ServiceNotifier(),
    isExcused: @escaping @Sendable (_ label: String) -> Bool = { _ in false },
    report: @escaping @Sendable (_ silent: [String]) -> Void
  ) {
    self.queue = queue
    self.interval = interval
    self.watched = watched
    self.notifier = notifier
    self.isExcused = isExcused
    self.time = time
    self.report = report
  }

  /// Starts the watchdog; called once.
  public nonisolated func begin(alarms: any AlarmSource) {
    post { watchdog in
      // Intentionally strong: a started watchdog lives as long as the process, and nothing else has to hold it.
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
    notifier.notify(.watchdog)
    isReported = false
  }

  private func passed() {
    guard !silent.isEmpty else { return ask() }
    guard !silent.allSatisfy(isExcused) else {
      // The daemon is alive: those queues answer as soon as their disk does.
      notifier.notify(.watchdog)
      alarm?.arm(at: time.monotonic + interval / 2)
      return
    }
    // No new round: further tokens would only pile up in the blocked queues.
    if !isReported { report(silent.sorted()) }
    isReported = true
    alarm?.arm(at: time.monotonic + interval / 2)
  }
}
