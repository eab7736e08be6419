internal import Synchronization
internal import TactusModel
internal import TactusPorts

/// The last known counts of the status screen, for when the store does not answer.
///
/// Any queue. It keeps one census in memory, of any age, and forgets it when the daemon ends. A reply does not mark old
/// counts. Its `reason` is set if the daemon knows why the store does not answer.
final class Censuses: Sendable {
  /// The newest counts that were read; nil before the first success.
  private let known = Mutex<Census?>(nil)

  /// Returns the new counts, else the last known ones, else the failure.
  ///
  /// Only an unavailable store is answered with the last known counts. Any other failure is returned unchanged, and
  /// leaves the last known counts in place.
  ///
  /// - Parameter result: the result of one query; a success replaces the last known counts.
  func latest(_ result: Result<Census, Refusal>) -> Result<Census, Refusal> {
    known.withLock { known in
      switch result {
      case .success(let census): known = census
      case .failure(.unavailable): if let known { return .success(known) }
      case .failure: break
      }
      return result
    }
  }
}
