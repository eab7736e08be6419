import Dispatch
import Glibc
import Synchronization
import TactusModel
public import TactusPorts

/// Looks at paths that may not answer, for at most `Limits.pathPatience` each.
///
/// A child that borrows our memory looks at them while a thread waits for it: ADR 16. A path that does not answer is
/// remembered in ``silentPaths``, and asked again only after its call has returned. Any thread.
public struct Lookout: Sendable {
  /// The threads that wait for children.
  public let errands: Errands
  /// The threads that wait for the errands, with a time limit.
  private let waits: Errands
  /// The paths that do not answer.
  public let silentPaths: SilentPaths

  private let time: any TimeSource

  /// How long each further path of a call may take after one was silent.
  private static let shortPatience: Duration = .milliseconds(500)
  /// How many paths of a call may be silent.
  ///
  /// The paths behind them are not looked at.
  private static let silentAtMost = 16

  /// How many paths of a call are compared with the mounts.
  ///
  /// That covers one job, and the files of a folder share a mount.
  private static let lanePaths = 64

  /// Whether a child may still reach its path.
  ///
  /// It may be late because the machine is busy, and not because of the path.
  ///
  /// - Parameter waited: how long the child has been waited for.
  public func mayYetBegin(_ path: String, after waited: Duration) -> Bool {
    guard silentPaths.since(path) == nil else { return false }
    return waited < Limits.startPatience || time.monotonic - errands.lastMoved < Limits.launchPatience
  }

  /// Creates a lookout with shared threads and a shared list.
  public init(errands: Errands, silentPaths: SilentPaths, time: any TimeSource) {
    (self.errands, self.silentPaths, self.time) = (errands, silentPaths, time)
    waits = Errands(label: "tactus.wait")
  }

  /// Creates a lookout with its own threads and list.
  public init(time: any TimeSource) {
    self.init(errands: Errands(label: "tactus.errand"), silentPaths: SilentPaths(time: time), time: time)
  }

  /// Looks at all paths with an account's file rights.
  ///
  /// Answers in their order, on a thread of the errands.
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

  /// Looks at one path and returns the result.
  ///
  /// The caller's thread waits.
  public func look(_ kind: Look.Kind, _ path: String, as account: Account? = nil) -> Looked {
    look(at: [Look(kind, path)], as: account)[0]
  }

  /// Looks at all paths and returns the results in their order.
  ///
  /// The caller's thread waits.
  public func look(at looks: [Look], as account: Account? = nil) -> [Looked] {
    var seen: [Looked] = []
    var silences = 0
    while seen.count < looks.count {
      // Up to the first path that is known to be silent.
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

  /// The results up to and including the first silent path.
  ///
  /// At least one.
  private func sight(of looks: [Look], as account: Account?, within patience: Duration) -> [Looked] {
    do throws(SystemError) {
      let sighting = try Sighting(looks)
      let ticket = errands.run(lane: lane(of: looks)) {
        sighting.run(as: account)
      }
      // In any case: a call that has not begun when the wait ends must never begin.
      defer { _ = errands.withdraw(ticket) }
      return try sighting.wait(within: patience, time) { waited in
        mayYetBegin(looks[0].path, after: waited)
      } isSilent: { index, waited in
        silentPaths.note(looks[index].path, use: looks[index].use, after: waited)
        sighting.whenReturned { silentPaths.returned(looks[index].path) }
      }
    } catch { return looks.map { _ in .failed(error) } }
  }
}

/// One child that looks, and the thread that waits for its results.
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

  /// Runs the child.
  ///
  /// Called on a thread of the errands.
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

  /// Waits until all looks are done, or one takes too long.
  ///
  /// `isSilent` is then called with its index and its duration.
  ///
  /// Before the child has begun, `mayYetBegin` decides whether to continue waiting.
  func wait(
    within patience: Duration, _ time: any TimeSource, mayYetBegin: (_ waited: Duration) -> Bool,
    isSilent: (_ index: Int, _ waited: Duration) -> Void
  ) throws(SystemError) -> [Looked] {
    let began = time.monotonic
    var watch = PathWatch(patience: patience)
    var next = watch.firstLook(since: began)
    while end.wait(timeout: .now() + .microseconds(Int((next - time.monotonic).microseconds))) == .timedOut {
      let now = time.monotonic
      let index = Int(progress.step)
      let hasBegun = progress.since > MonotonicInstant(microseconds: 0)
      let waited = now - (hasBegun ? progress.since : began)
      if index >= count {
        next = now + .milliseconds(10)
        continue
      } else if hasBegun, case .open(let until) = watch.look(at: progress, now: now) {
        next = until
        continue
      } else if !hasBegun, waited < patience || mayYetBegin(waited) {
        next = max(began + patience, now + watch.interval)
        continue
      }
      // It has just ended, and the semaphore is about to be signaled.
      guard progress.cancel() else {
        next = now + watch.interval
        continue
      }
      // If it never began, because earlier calls do not return, nothing is known about the path.
      if hasBegun { isSilent(index, waited) }
      return board.seen(index) + [.silent(since: time.now - waited, wasKnown: false)]
    }
    if let failure = state.withLock({ $0.failure }) { throw failure }
    // Fewer than all if the room was used up.
    let done = Int(progress.step)
    guard done > 0 else { throw SystemError(code: EIO, operation: "access", subject: board.path(0)) }
    return board.seen(done)
  }
}
