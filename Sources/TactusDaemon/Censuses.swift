internal import Synchronization
internal import TactusModel
internal import TactusPorts

/// The numbers of the status screen as they were known last, for the time when the store does not answer.
final class Censuses: Sendable {
  private let known = Mutex<Census?>(nil)

  /// What was counted now, else what was counted last, else why there is neither.
  func latest(_ result: Result<Census, LedgerFailure>) -> Result<Census, LedgerFailure> {
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
