internal import Synchronization
internal import TactusModel

/// What a simulated life must remember beyond its daemons: acknowledged jobs, and rows that could not be read.
final class Observations: Sendable {
  private let state = Mutex((acknowledged: [JobID](), unreadable: Set<String>(), isCut: false))

  /// The jobs that callers were promised.
  var acknowledged: [JobID] { state.withLock { $0.acknowledged } }
  /// The places of rows that could not be read.
  var unreadable: [String] { state.withLock { $0.unreadable.sorted() } }

  func note(_ result: Result<JobID, Refusal>) {
    guard case .success(let id) = result else { return }
    state.withLock { if !$0.isCut { $0.acknowledged.append(id) } }
  }

  /// Runs what happens after a power cut, whose answers no caller receives any more.
  func cut(_ body: () throws -> Void) rethrows {
    state.withLock { $0.isCut = true }
    defer { state.withLock { $0.isCut = false } }
    try body()
  }

  func note(_ row: UnreadableRow) { state.withLock { _ = $0.unreadable.insert(row.place) } }
}
