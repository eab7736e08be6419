import Dispatch
import Glibc
import Synchronization
import TactusModel
public import TactusPorts

/// Looks at paths that may not answer, and waits no longer than `Limits.pathPatience` for one.
///
/// A child looks that borrows our memory, while a thread waits for it: ADR 16. What does not answer is remembered in
/// ``silentPaths``, and asked again only after it has. Any thread.
public struct Lookout: Sendable {
  /// The threads that wait for children.
  public let errands: Errands
  /// The threads that wait for those no longer than they may.
  private let waits: Errands
  /// What does not answer.
  public let silentPaths: SilentPaths

  private let time: any TimeSource

  /// How long each further path of one call may take after one was silent.
  private static let shortPatience: Duration = .milliseconds(500)
  /// How many paths of one call may be silent; what is behind them is not looked at.
  private static let silentAtMost = 16

  /// How many paths of one call are compared with the mounts: those of one job; a folder of files lies on one.
  private static let lanePaths = 64

  /// A lookout with threads and a list that others may use as well.
  public init(errands: Errands, silentPaths: SilentPaths, time: any TimeSource) {
    (self.errands, self.silentPaths, self.time) = (errands, silentPaths, time)
    waits = Errands(label: "tactus.wait")
  }

  /// A lookout with threads and a list of its own.
  public init(time: any TimeSource) {
    self.init(errands: Errands(label: "tactus.errand"), silentPaths: SilentPaths(time: time), time: time)
  }

  /// Looks at all, and answers in their order on some thread of the errands; of an account, with its right to files.
  public func look(
    at looks: [Look], as account: Account? = nil, answer: @escaping @Sendable ([Looked]) -> Void
  ) {
    guard !looks.isEmpty else { return answer([]) }
    run(for: looks) { answer(look(at: looks, as: account)) }
  }

  /// Runs a body that looks at these paths, on a thread that may wait.
  ///
  /// Bodies that look at one remote mount share a few threads.
  public func run(for looks: [Look], _ body: @escaping @Sendable () -> Void) {
    waits.run(lane: lane(of: looks), body)
  }

  private func lane(of looks: [Look]) -> String? {
    silentPaths.lane(of: looks.prefix(Self.lanePaths).map(\.path))
  }

  /// Looks at one path and returns what was seen; the caller's thread waits.
  public func look(_ kind: Look.Kind, _ path: String, as account: Account? = nil) -> Looked {
    look(at: [Look(kind, path)], as: account)[0]
  }

  /// Looks at all and returns what was seen, in their order; the caller's thread waits.
  public func look(at looks: [Look], as account: Account? = nil) -> [Looked] {
    var seen: [Looked] = []
    var silences = 0
    while seen.count < looks.count {
      // As far as nothing is known to be silent.
      let rest = looks[seen.count...].prefix { silentPaths.since($0.path) == nil }
      guard !rest.isEmpty, silences < Self.silentAtMost else {
        let since = silentPaths.since(looks[seen.count].path)
        seen.append(.silent(since: since ?? time.now, wasKnown: since != nil))
        continue
      }
      let before = seen.count
      seen += sight(of: Array(rest), as: account, within: silences == 0 ? Limits.pathPatience : Self.shortPatience)
      silences += seen[before...].count { $0.silence != nil }
    }
    return seen
  }

  /// What is seen until a path is silent, that one included; at least one.
  private func sight(of looks: [Look], as account: Account?, within patience: Duration) -> [Looked] {
    do throws(SystemError) {
      let sighting = try Sighting(looks)
      let ticket = errands.run(lane: lane(of: looks)) {
        sighting.run(as: account)
      }
      // Whatever comes of it: what has not begun when nobody waits for it any more never does.
      defer { _ = errands.withdraw(ticket) }
      return try sighting.wait(within: patience, time) { index, waited in
        silentPaths.note(looks[index].path, use: looks[index].use, after: waited)
        sighting.whenReturned { silentPaths.returned(looks[index].path) }
      }
    } catch { return looks.map { _ in .failed(error) } }
  }
}

/// One child that looks, and the thread that waits for what it sees.
private final class Sighting: Sendable {
  private let board: LookBoard
  private let progress: ChildProgress
  private let count: Int
  private let end = DispatchSemaphore(value: 0)
  private let state = Mutex(State())

  private struct State {
    var hasReturned = false
    var failure: SystemError?
    var returned: (@Sendable () -> Void)?
  }

  init(_ looks: [Look]) throws(SystemError) {
    board = try LookBoard(looks)
    progress = try ChildProgress()
    count = looks.count
  }

  /// On a thread of the errands.
  func run(as account: Account?) {
    var failure: SystemError?
    do throws(SystemError) { try board.fill(progress, as: account) } catch { failure = error }
    let returned = state.withLock { state in
      (state.hasReturned, state.failure) = (true, failure)
      return state.returned
    }
    end.signal()
    returned?()
  }

  /// Runs the body when the child has returned, which may be at once.
  func whenReturned(_ body: @escaping @Sendable () -> Void) {
    let hasReturned = state.withLock { state in
      if !state.hasReturned { state.returned = body }
      return state.hasReturned
    }
    if hasReturned { body() }
  }

  /// Waits until everything is seen, or one look takes too long, which `isSilent` is told with how long that is.
  func wait(
    within patience: Duration, _ time: any TimeSource, isSilent: (_ index: Int, _ waited: Duration) -> Void
  ) throws(SystemError) -> [Looked] {
    let began = time.monotonic
    var remaining = patience
    while end.wait(timeout: .now() + .microseconds(Int(remaining.microseconds))) == .timedOut {
      let index = Int(progress.step)
      let waited = time.monotonic - max(began, progress.since)
      guard waited >= patience, index < count else {
        remaining = max(patience - waited, .milliseconds(10))
        continue
      }
      // It has just ended: the semaphore says so in a moment.
      guard progress.cancel() else {
        remaining = patience
        continue
      }
      // It may not even have begun, because others before it do not return: then nothing is known of the path.
      if progress.since > MonotonicInstant(microseconds: 0) { isSilent(index, waited) }
      return board.seen(index) + [.silent(since: time.now - waited, wasKnown: false)]
    }
    if let failure = state.withLock({ $0.failure }) { throw failure }
    // Less than all if there was no room for more.
    let done = Int(progress.step)
    guard done > 0 else { throw SystemError(code: EIO, operation: "look at", subject: board.path(0)) }
    return board.seen(done)
  }
}
