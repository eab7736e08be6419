internal import FoundationEssentials
internal import Glibc
internal import TactusLinux
internal import TactusModel
internal import TactusPorts
internal import TactusUnitFile

/// Faults that a test injects into a real daemon: a clock that is set, a work queue that is blocked.
///
/// Requires `TACTUS_DEBUG=DIRECTORY` in the daemon's environment, and so the right to edit its unit. The files of the
/// directory are read at the start, and again at each SIGUSR2:
///
/// - `clock-offset`: seconds that the wall clock is ahead, negative if it is behind.
/// - `block`: the label of a work queue that is blocked forever.
/// - `fail-start`: the reason for which a start fails after it has released its first jobs.
final class DebugFaults: Sendable {
  /// The shift of the daemon's wall clock.
  let clock: ClockShift
  private let directory: String

  /// Nil if `TACTUS_DEBUG` is not set.
  init?(environment: [String: String]) {
    guard let directory = environment["TACTUS_DEBUG"], !directory.isEmpty else { return nil }
    self.directory = directory
    clock = ClockShift()
    clock.set(offset)
  }

  /// Reads the files again, and injects their faults.
  func apply(to queues: [any WorkQueue], journal: any Journal) {
    if clock.offset != offset {
      journal.report(
        JournalEntry(.faultInjected, "the wall clock was set \(offset.milliseconds / 1000) s ahead for a test"))
      clock.set(offset)
    }
    guard let label = text("block"), let queue = queues.first(where: { $0.label == label }) else { return }
    journal.report(JournalEntry(.faultInjected, "\(label) was blocked for a test"))
    queue.post { while true { pause() } }
  }

  /// Fails the start if a test requests it.
  func failStart() throws {
    if let reason = text("fail-start") { throw StartFailure("a test made the start fail: \(reason)") }
  }

  private var offset: Duration {
    .seconds(min(max(text("clock-offset").flatMap { Int64($0) } ?? 0, -Self.farthest), Self.farthest))
  }

  /// A century, in seconds: the instants of a test stay within the years that can be written.
  private static let farthest: Int64 = 100 * 366 * 86_400

  private func text(_ file: String) -> String? {
    // Without the file, no such fault is requested.
    guard let bytes = try? RegularFile.beginning(of: "\(directory)/\(file)", limit: 4096) else { return nil }
    return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).first.map(String.init)
  }
}
