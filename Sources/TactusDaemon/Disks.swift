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
  /// The reading connections, for what is quick and for what may take a while.
  let quick, slow: DiskWatch
  /// The pipes and records of units.
  let units: DiskWatch

  private let isToldSilent = Mutex(false)

  init(time: any TimeSource, alarms: any AlarmSource) {
    let queue = DispatchWorkQueue(label: "tactus.disk", level: .leaf)
    func watch() -> DiskWatch { DiskWatch(on: queue, time: time, alarms: alarms) }
    (store, output, quick, slow, units) = (watch(), watch(), watch(), watch(), watch())
  }

  /// How long the disk has been silent, by the part that waits longest; nil if all are answered.
  var silence: Duration? { all.compactMap(\.silence).max() }

  private var all: [DiskWatch] { [store, output, quick, slow, units] }

  /// Has the body run with true when the first part falls silent, with false when all are answered again; any queue.
  func onChange(_ body: @escaping @Sendable (_ isSilent: Bool) -> Void) {
    for watch in all {
      watch.onChange { [weak self] in
        guard let self else { return }
        let isSilent = silence != nil
        let isNews = isToldSilent.withLock { told in
          defer { told = isSilent }
          return told != isSilent
        }
        if isNews { body(isSilent) }
      }
    }
  }
}
