/// The state machine of one attempt, from its claim to its durable end; pure, and driven by the execution worker.
///
/// Events report what happened, and effects are the actions that follow. The machine never reads a clock: a deadline is
/// armed by an effect and reported by an event.
public struct Attempt: Hashable, Sendable {
  /// The current state.
  public internal(set) var state = State.claiming
  /// The first stop reason; later ones are ignored.
  public internal(set) var stopReason: StopReason?
  /// The reason why no provider answers, as reported while the attempt waited for one; empty before.
  public internal(set) var hindrance = ""

  /// Creates an attempt whose claim is on its way to the ledger.
  public init() {}

  /// Creates an attempt for a live process of a previous daemon, which is stopped and recorded as LOST.
  public static func orphan() -> (attempt: Attempt, effects: [Effect]) {
    var attempt = Attempt()
    attempt.state = .running
    let effects = attempt.handle(.stopRequested(.orphaned))
    return (attempt, effects)
  }

  /// Creates an attempt for a live job of a previous daemon, which continues under this one.
  ///
  /// - Parameter reason: the recorded stop reason; nil if it was not being stopped.
  public static func adopted(stop reason: StopReason?) -> (attempt: Attempt, effects: [Effect]) {
    var attempt = Attempt()
    attempt.state = .running
    let effects = reason.map { attempt.handle(.stopRequested($0)) } ?? [.armDeadline]
    return (attempt, [.recordStart] + effects)
  }

  /// The states of an attempt.
  public enum State: String, CaseIterable, Sendable {
    /// The claim is not durable yet; nothing was started.
    case claiming
    /// The runner was asked to start it.
    case starting
    /// Its provider could not take it, and is asked again after a delay.
    case retrying
    /// None of its providers can take it; the change to waiting_for_provider is on its way to the ledger.
    case parking
    /// It waits for a provider, without a slot.
    case parked
    /// It is running.
    case running
    /// Its time-out has passed, and its runner checks whether it has already ended.
    case overdue
    /// TERM was sent, and the grace period runs.
    case terminating
    /// KILL was sent.
    case killing
    /// It has ended, and no stop reason is accepted any more; its output is being stored.
    case exited
    /// It has ended, and the end is on its way to the ledger.
    case finishing
    /// The end is durable, or the claim was refused.
    case done
  }

  /// The reports that an attempt handles.
  public enum Event: Hashable, Sendable {
    /// The claim is durable.
    case claimed
    /// The ledger refused the claim: the row changed, or the store failed.
    case claimRefused
    /// The runner started it.
    case started
    /// Its provider could not take it and created nothing; it may be asked again.
    case refused
    /// The delay before the next try has passed.
    case retryPassed
    /// None of its providers can take it, and nothing was created.
    case unavailable
    /// The change to waiting_for_provider is durable.
    case parked
    /// The ledger refused to let it wait: the row changed, or has a stop reason.
    case parkRefused
    /// The store failed.
    case parkFailed
    /// While it waits: none of its providers answers, for this reason.
    case unprovided(String)
    /// While it waits: its providers answer, but each has as many jobs as allowed.
    case crowded
    /// While it waits: a provider can take it.
    case available
    /// Its row was closed without it.
    case withdrawn
    /// It has ended; its leftover processes are being ended, and its output is being stored.
    case exited
    /// It has ended, and no processes are left.
    case ended(Ending)
    /// The time-out passed.
    case deadlinePassed
    /// The wait for a provider took as long as `DispatchTimeout=` allows.
    case dispatchTimeoutPassed
    /// Its runner checked, and it had not ended.
    case examined
    /// A stop was requested, and its reason is durable.
    case stopRequested(StopReason)
    /// The grace period after TERM has passed.
    case gracePassed
    /// The time limit after KILL has passed, and the attempt has not ended.
    case killPassed
    /// The end is durable.
    case recorded
  }

  /// The actions that the worker takes for an attempt.
  public enum Effect: Hashable, Sendable {
    /// Ask the runner to start it.
    case start
    /// Ask the runner to cancel the start, unless something was created already.
    case cancelStart
    /// Set the timer for the next try at its provider.
    case armRetry
    /// Record in the ledger that it waits for a provider.
    case park
    /// Release its slot.
    case freeSlot
    /// Ask to be notified when a provider can take it.
    case awaitProvider
    /// Set the timer for `DispatchTimeout=`.
    case armDispatchTimeout
    /// Put it back into the queue.
    case requeue
    /// Record in the ledger that it is running.
    case recordStart
    /// Set the timer for the time-out.
    case armDeadline
    /// Ask the runner to check whether it has already ended.
    case examine
    /// Record in the ledger that it has ended on its own: from then on a stop reason comes too late.
    case recordExit
    /// Record the stop reason in the ledger.
    case recordStop(StopReason)
    /// Send TERM to the whole process tree, or abort the request.
    case terminate
    /// Set the timer for the grace period.
    case armGrace
    /// Send KILL to the whole process tree.
    case kill
    /// Set the timer for the time limit after KILL.
    case armKill
    /// Report what keeps it from ending.
    case nameSurvivors
    /// Cancel all its timers.
    case disarm
    /// Record its end in the ledger, with the stop reason if it has one.
    case recordEnd(Ending, StopReason?)
    /// Forget the attempt; its slot is free.
    case forget
  }
}
