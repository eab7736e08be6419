internal import Synchronization
internal import TactusLinux
internal import TactusModel
internal import TactusPorts

/// The watches of all parts that use the disk of the state directory.
final class Disks: Sendable {
  /// `tactus.db`, the connection that writes.
  let store: DiskWatch
  /// `logs.db`.
  let output: DiskWatch
  /// The connections that read: for quick calls, and for calls that may take long.
  let quick, slow: DiskWatch
  /// The pipes and records of units.
  let units: DiskWatch

  private let isReportedSilent = Mutex(false)

  init(time: any TimeSource, alarms: any AlarmSource) {
    let queue = DispatchWorkQueue(label: "tactus.disk", level: .leaf)
    func watch() -> DiskWatch { DiskWatch(on: queue, time: time, alarms: alarms) }
    (store, output, quick, slow, units) = (watch(), watch(), watch(), watch(), watch())
  }

  /// How long the disk has been silent for the part that waits longest; nil if no part waits.
  var silence: Duration? { all.compactMap(\.silence).max() }

  private var all: [DiskWatch] { [store, output, quick, slow, units] }

  /// Runs the body with true when the first part falls silent, and with false when no part waits any more; any queue.
  func onChange(_ body: @escaping @Sendable (_ isSilent: Bool) -> Void) {
    for watch in all {
      watch.onChange { [weak self] in
        guard let self else { return }
        let isSilent = silence != nil
        let isNews = isReportedSilent.withLock { reported in
          defer { reported = isSilent }
          return reported != isSilent
        }
        if isNews { body(isSilent) }
      }
    }
  }
}
