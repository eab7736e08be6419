/// One attempt on its way from the claim to its durable end: the pure machine that the execution worker drives.
///
/// Events are what happened, effects what to do about it. The machine never looks at a clock: deadlines are effects,
/// and their passing is an event.
public struct Attempt: Hashable, Sendable {
  /// Where the attempt stands.
  public private(set) var state = State.claiming
  /// The first reason to stop it that was seen.
  public private(set) var stopReason: StopReason?
  /// Why no provider answers, as it was told while it waited for one; empty before.
  public private(set) var hindrance = ""

  /// A new attempt, whose claim is on its way to the ledger.
  public init() {}

  /// An attempt that a previous daemon started and that is still alive: it is stopped and recorded as lost.
  public static func orphan() -> (attempt: Attempt, effects: [Effect]) {
    var attempt = Attempt()
    attempt.state = .running
    let effects = attempt.handle(.stopRequested(.orphaned))
    return (attempt, effects)
  }

  /// An attempt that a previous daemon started and that this one takes over.
  /// - Parameter reason: why it was being stopped, if it was.
  public static func adopted(stop reason: StopReason?) -> (attempt: Attempt, effects: [Effect]) {
    var attempt = Attempt()
    attempt.state = .running
    let effects = reason.map { attempt.handle(.stopRequested($0)) } ?? [.armDeadline]
    return (attempt, [.recordStart] + effects)
  }

  /// Where an attempt stands.
  public enum State: String, CaseIterable, Sendable {
    /// The claim is not yet durable; nothing was started.
    case claiming
    /// The runner was asked to start it.
    case starting
    /// Its provider could not take it; it is asked again after a while.
    case retrying
    /// None of its providers can take it; that it waits for one is on its way to the ledger.
    case parking
    /// It waits for a provider, without a slot.
    case parked
    /// It runs.
    case running
    /// Its time-out has passed; its runner looks whether it has ended by now.
    case overdue
    /// TERM was sent, the grace period runs.
    case terminating
    /// KILL was sent.
    case killing
    /// It has ended, and nothing stops it any more; its output is being stored.
    case exited
    /// It ended; the end is on its way to the ledger.
    case finishing
    /// The end is durable, or the claim was refused.
    case done
  }

  /// What happened.
  public enum Event: Hashable, Sendable {
    /// The claim is durable.
    case claimed
    /// The ledger did not give the claim: the row changed, or the store failed.
    case claimRefused
    /// It was started.
    case started
    /// Its provider could not take it, nothing was created, and it may be asked again.
    case refused
    /// It is time to ask its provider again.
    case retryPassed
    /// None of its providers can take it, and nothing was created.
    case unavailable
    /// It is durable that it waits for a provider.
    case parked
    /// The ledger did not let it wait: the row changed, or there is a reason to stop it.
    case parkRefused
    /// The store failed.
    case parkFailed
    /// While it waits: none of its providers answers, for this reason.
    case unprovided(String)
    /// While it waits: its providers answer, but have as many jobs as they may.
    case crowded
    /// While it waits: a provider can take it.
    case available
    /// Its row was closed without it.
    case withdrawn
    /// It has ended; what it left is being ended, and its output stored.
    case exited
    /// It ended, and nothing of it is left.
    case ended(Ending)
    /// The time-out passed.
    case deadlinePassed
    /// Its runner has looked, and it had not ended.
    case examined
    /// Somebody wants it stopped, and the reason is durable.
    case stopRequested(StopReason)
    /// The grace period after TERM is over.
    case gracePassed
    /// KILL had as long as it needs, and the attempt has not ended.
    case killPassed
    /// The end is durable.
    case recorded
  }

  /// What to do.
  public enum Effect: Hashable, Sendable {
    /// Ask the runner to start it.
    case start
    /// Ask the runner to give up the start, if nothing was created yet.
    case cancelStart
    /// Wake up when its provider is to be asked again.
    case armRetry
    /// Tell the ledger that it waits for a provider.
    case park
    /// Let another have its slot.
    case freeSlot
    /// Have it told when a provider can take it.
    case awaitProvider
    /// Wake up when it has waited for a provider as long as it may.
    case armDispatchTimeout
    /// Put it back in line.
    case requeue
    /// Tell the ledger that it runs.
    case recordStart
    /// Wake up at the time-out.
    case armDeadline
    /// Ask the runner to look whether it has ended by now.
    case examine
    /// Let the ledger know that it has ended by itself: a reason to stop it comes too late from now on.
    case recordExit
    /// Tell the ledger why it is being stopped.
    case recordStop(StopReason)
    /// Send TERM to the whole tree, or abort the request.
    case terminate
    /// Wake up when the grace period is over.
    case armGrace
    /// Send KILL to the whole tree.
    case kill
    /// Wake up when KILL has had as long as it needs.
    case armKill
    /// Say what keeps it from ending.
    case nameSurvivors
    /// Drop the wake-ups.
    case disarm
    /// Tell the ledger how it ended: the ending and the reason to stop it, if any.
    case recordEnd(Ending, StopReason?)
    /// Forget the attempt; its slot is free.
    case forget
  }

  /// Takes an event, moves on, and says what to do, in order.
  ///
  /// Events that mean nothing in this state do nothing.
  public mutating func handle(_ event: Event) -> [Effect] {
    switch (state, event) {
    case (.done, _):
      return []
    case (_, .withdrawn):
      state = .done
      return [.disarm, .forget]
    case (.claiming, .claimed):
      guard stopReason == nil else {
        // Nothing was started, so there is nothing to wait for.
        state = .finishing
        return [.recordEnd(.succeeded, stopReason)]
      }
      state = .starting
      return [.start]
    case (.claiming, .claimRefused), (.finishing, .recorded):
      state = .done
      return [.disarm, .forget]
    case (.claiming, .stopRequested(let reason)):
      stopReason = stopReason ?? reason
      return []
    case (.starting, .stopRequested(let reason)):
      stopReason = stopReason ?? reason
      return [.cancelStart]
    case (.starting, .refused):
      guard stopReason == nil else { return endUnstarted() }
      state = .retrying
      return [.armRetry]
    case (.retrying, .retryPassed):
      state = .starting
      return [.start]
    case (.retrying, .stopRequested(let reason)):
      stopReason = reason
      return endUnstarted()
    case (.starting, .unavailable):
      guard stopReason == nil else { return endUnstarted() }
      state = .parking
      return [.park]
    case (.parking, _), (.parked, _):
      return handleParked(event)
    case (.starting, .started):
      guard stopReason == nil else {
        state = .terminating
        return [.recordStart, .terminate, .armGrace]
      }
      state = .running
      return [.recordStart, .armDeadline]
    case (.running, .deadlinePassed):
      // A daemon that was held, or whose runner was, may act long after the time-out: the end may have come in time.
      state = .overdue
      return [.examine]
    case (.overdue, .examined):
      return [.recordStop(.timeout)] + stop(.timeout)
    case (.running, .stopRequested(let reason)), (.overdue, .stopRequested(let reason)):
      return stop(reason)
    case (.running, .exited), (.overdue, .exited):
      state = .exited
      // What it left was sent KILL when it ended.
      return [.disarm, .recordExit, .armKill]
    case (.terminating, .exited), (.killing, .exited):
      state = .exited
      return [.disarm, .armKill]
    case (.terminating, .gracePassed):
      state = .killing
      return [.kill, .armKill]
    case (.killing, .killPassed), (.exited, .killPassed):
      return [.nameSurvivors]
    case (.starting, .ended(let ending)), (.running, .ended(let ending)), (.overdue, .ended(let ending)),
      (.terminating, .ended(let ending)), (.killing, .ended(let ending)), (.exited, .ended(let ending)):
      state = .finishing
      return [.disarm, .recordEnd(ending, stopReason)]
    default:
      return []
    }
  }

  private mutating func handleParked(_ event: Event) -> [Effect] {
    switch (state, event) {
    case (.parking, .stopRequested(let reason)):
      stopReason = stopReason ?? reason
      return []
    case (.parking, .parked):
      state = .parked
      return [.freeSlot, .awaitProvider]
    case (.parking, .parkFailed) where stopReason == nil:
      state = .retrying
      return [.armRetry]
    case (.parking, .parkFailed), (.parking, .parkRefused):
      return endUnstarted()
    case (.parked, .unprovided(let sentence)):
      hindrance = sentence
      return [.armDispatchTimeout]
    case (.parked, .crowded):
      return [.disarm]
    case (.parked, .available):
      state = .claiming
      return [.disarm, .requeue]
    case (.parked, .deadlinePassed):
      state = .finishing
      return [.recordEnd(Self.exhausted(hindrance), stopReason)]
    default:
      return []
    }
  }

  /// How it ends when no provider answered for as long as it may wait.
  public static func exhausted(_ hindrance: String) -> Ending {
    .failed(.dispatchExhausted, "\(hindrance), for as long as DispatchTimeout= allows")
  }

  /// Nothing was started, so there is nothing to wait for.
  private mutating func endUnstarted() -> [Effect] {
    state = .finishing
    return [.disarm, .recordEnd(.succeeded, stopReason)]
  }

  private mutating func stop(_ reason: StopReason) -> [Effect] {
    stopReason = reason
    state = .terminating
    return [.disarm, .terminate, .armGrace]
  }
}
