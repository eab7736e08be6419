internal import FoundationEssentials
internal import Glibc
internal import TactusLinux
internal import TactusModel
internal import TactusPorts
internal import TactusUnitFile

/// Faults that a test brings about in a real daemon: a clock that is set, a work queue that is blocked.
///
/// Only with `TACTUS_DEBUG=DIRECTORY` in the daemon's environment, which takes the right to edit its unit. The files of the
/// directory are read at the start, and again at each SIGUSR2:
///
/// - `clock-offset`: seconds that the wall clock is ahead, negative ones behind.
/// - `block`: the label of a work queue that is blocked for good.
/// - `fail-start`: a start fails after its first jobs were released, for the reason in the file.
final class DebugFaults: Sendable {
  /// The shift of the daemon's wall clock.
  let clock: ClockShift
  private let directory: String

  /// Nil in a daemon that is not to be tested so.
  init?(environment: [String: String]) {
    guard let directory = environment["TACTUS_DEBUG"], !directory.isEmpty else { return nil }
    self.directory = directory
    clock = ClockShift()
    clock.set(offset)
  }

  /// Reads the files again, and does what they say.
  func apply(to queues: [any WorkQueue], journal: any Journal) {
    if clock.offset != offset {
      journal.tell(
        JournalEntry(.faultInjected, "the wall clock is set to be \(offset.milliseconds / 1000) s ahead, for a test"))
      clock.set(offset)
    }
    guard let label = text("block"), let queue = queues.first(where: { $0.label == label }) else { return }
    journal.tell(JournalEntry(.faultInjected, "\(label) is blocked, for a test"))
    queue.post { while true { pause() } }
  }

  /// Fails the start if a test wants that.
  func failStart() throws {
    if let reason = text("fail-start") { throw StartFailure("a test has it fail: \(reason)") }
  }

  private var offset: Duration {
    .seconds(min(max(text("clock-offset").flatMap { Int64($0) } ?? 0, -Self.farthest), Self.farthest))
  }

  /// A century, in seconds: the instants of what is tested stay within the years that can be written.
  private static let farthest: Int64 = 100 * 366 * 86_400

  private func text(_ file: String) -> String? {
    // Where there is none, no such fault is asked for.
    guard let bytes = try? RegularFile.beginning(of: "\(directory)/\(file)", limit: 4096) else { return nil }
    return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).first.map(String.init)
  }
}
