internal import TactusLinux
internal import TactusModel
internal import TactusPorts
internal import TactusSystemd

/// Updates the status line of `systemctl status`: running and waiting jobs, the next due instant, and problems.
///
/// Each commit notifies it. It reads at most once a second, through indexes, so the size of the store does not matter.
actor StatusLine: QueueConfined {
  /// `tactus.status`.
  nonisolated let queue: any WorkQueue

  private let archive: any LedgerReader
  private let health: Health
  private let time: any TimeSource
  private var alarm: (any MonotonicAlarm)?
  private var shown = ""
  private var notBefore = MonotonicInstant(microseconds: 0)
  private var isWaiting = false
  private var isReading = false

  private static let pause: Duration = .seconds(1)

  init(queue: any WorkQueue, archive: any LedgerReader, health: Health, time: any TimeSource) {
    self.queue = queue
    self.archive = archive
    self.health = health
    self.time = time
  }

  /// Whether a service manager shows it.
  static var isShown: Bool { OwnProcess.variable("NOTIFY_SOCKET") != nil }

  /// Starts the updates; called once, before anything has changed.
  nonisolated func begin(alarms: any AlarmSource) {
    post { line in
      line.alarm = alarms.monotonicAlarm(on: line.queue) { [weak line] in line?.assumeIsolated { $0.look() } }
      line.look()
    }
  }

  /// Notes a change; any queue.
  nonisolated func noteChange() {
    post { line in
      guard !line.isWaiting else { return }
      line.isWaiting = true
      line.alarm?.arm(at: line.notBefore)
    }
  }

  private func look() {
    // One reading at a time, so that they do not pile up on a slow disk.
    guard !isReading else { return }
    isWaiting = false
    isReading = true
    notBefore = time.monotonic + Self.pause
    archive.pulse { result in self.post { $0.show(try? result.get()) } }  // after an error, no jobs are shown
  }

  private func show(_ pulse: Pulse?) {
    isReading = false
    // A daemon that stops releases nothing, so its next due instant would mislead.
    let jobs = pulse?.sentence(withNext: !health.isStopping)
    let text = [health.headline, jobs].compactMap(\.self).joined(separator: "; ")
    if text != shown, !text.isEmpty {
      shown = text
      health.announce(.status(text))
    }
    if isWaiting { alarm?.arm(at: notBefore) }
  }
}

extension Pulse {
  /// `3 running, 12 queued; next due 2026-12-01T03:00:00Z`.
  fileprivate func sentence(withNext isWanted: Bool) -> String {
    let next = !isWanted ? "" : nextDue.map { "; next due \($0.description.prefix { $0 != "." })Z" } ?? ""
    return "\(running) running, \(queued) queued\(next)"
  }
}
