internal import Dispatch
internal import TactusLinux
internal import TactusModel
internal import TactusPorts
internal import TactusSystemd

/// Notifies the service manager while the daemon starts, runs and stops.
struct Supervision: Sendable {
  let health: Health
  let alarms: LinuxAlarms
  let time: SystemTime

  /// The longest time that a start may take in total before the service manager gives up.
  private static let longestStart: Duration = .seconds(3600)
  /// The time that each request asks for, and the seconds between requests.
  private static let patience = (by: Duration.seconds(60), every: 20)

  /// Requests more time again and again until the start is over.
  ///
  /// After a power loss a store of many gigabytes is checked, and a new version may upgrade it.
  func extendStart() -> StartExtension {
    let deadline = time.monotonic + Self.longestStart
    return StartExtension(every: Self.patience.every) { [health, time] in
      if time.monotonic < deadline { health.announce(.extendTimeout(by: Self.patience.by)) }
    }
  }

  /// Requests time for the stop: the time that running jobs have to end, and what the store needs after that.
  func extendStop(by span: Duration) { health.announce(.extendTimeout(by: span + Limits.grace + .seconds(15))) }

  /// Starts the status line, and the watchdog that reports queues that do not answer.
  func begin(
    line: StatusLine?, watching queues: [any WorkQueue], isExcused: @escaping @Sendable (_ label: String) -> Bool
  ) {
    line?.begin(alarms: alarms)
    guard let interval = Watchdog.interval else { return }
    let watchdog = Watchdog(
      on: DispatchWorkQueue(label: "tactus.watchdog", level: .leaf), interval: interval, watching: queues, time: time,
      isExcused: isExcused
    ) { [health] silent in
      health.report(
        JournalEntry(
          .workQueueSilent,
          "\(silent.joined(separator: ", ")) did not answer for \((interval / 2).milliseconds / 1000) s. "
            + "If the silence continues, the service manager restarts the daemon.",
          fields: [.workQueues: silent.joined(separator: " ")]))
    }
    watchdog.begin(alarms: alarms)
  }
}

/// Requests more time until it is released.
final class StartExtension {
  private let timer: any DispatchSourceTimer

  init(every seconds: Int, ask: @escaping @Sendable () -> Void) {
    timer = DispatchSource.makeTimerSource()
    timer.schedule(deadline: .now() + .seconds(seconds), repeating: .seconds(seconds))
    timer.setEventHandler { @Sendable in ask() }
    timer.activate()
  }

  deinit { timer.cancel() }
}
