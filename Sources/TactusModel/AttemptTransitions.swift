extension Attempt {
  /// Handles an event; returns the effects, in order.
  ///
  /// An event without a meaning in the current state changes nothing and returns no effects. Each state names the events
  /// that it ignores, so that the compiler finds the pairs of a new state or a new event.
  public mutating func handle(_ event: Event) -> [Effect] {
    switch state {
    case .claiming: handleClaiming(event)
    case .starting: handleStarting(event)
    case .retrying: handleRetrying(event)
    case .parking: handleParking(event)
    case .parked: handleParked(event)
    case .running, .overdue: handleRunning(event)
    case .terminating, .killing: handleStopping(event)
    case .exited: handleExited(event)
    case .finishing: handleFinishing(event)
    case .done: []
    }
  }

  // MARK: Before it runs

  /// Nothing was started, so there is no end to wait for.
  private mutating func handleClaiming(_ event: Event) -> [Effect] {
    switch event {
    case .claimed:
      guard stopReason == nil else {
        state = .finishing
        return [.recordEnd(.succeeded, stopReason)]
      }
      state = .starting
      return [.start]
    case .claimRefused, .withdrawn:
      return forget()
    case .stopRequested(let reason):
      stopReason = stopReason ?? reason
      return []
    case .started, .refused, .retryPassed, .unavailable, .parked, .parkRefused, .parkFailed, .unprovided, .crowded,
      .available, .exited, .ended, .deadlinePassed, .dispatchTimeoutPassed, .examined, .gracePassed, .killPassed,
      .recorded:
      return []
    }
  }

  /// The runner decides what becomes of the start; a stop waits for that.
  private mutating func handleStarting(_ event: Event) -> [Effect] {
    switch event {
    case .started:
      guard stopReason == nil else {
        state = .terminating
        return [.recordStart, .terminate, .armGrace]
      }
      state = .running
      return [.recordStart, .armDeadline]
    case .refused:
      guard stopReason == nil else { return endUnstarted() }
      state = .retrying
      return [.armRetry]
    case .unavailable:
      guard stopReason == nil else { return endUnstarted() }
      state = .parking
      return [.park]
    case .ended(let ending):
      return finish(ending)
    case .stopRequested(let reason):
      stopReason = stopReason ?? reason
      return [.cancelStart]
    case .withdrawn:
      return forget()
    case .claimed, .claimRefused, .retryPassed, .parked, .parkRefused, .parkFailed, .unprovided, .crowded,
      .available, .exited, .deadlinePassed, .dispatchTimeoutPassed, .examined, .gracePassed, .killPassed, .recorded:
      return []
    }
  }

  /// It keeps its slot until its provider is asked again.
  private mutating func handleRetrying(_ event: Event) -> [Effect] {
    switch event {
    case .retryPassed:
      state = .starting
      return [.start]
    case .stopRequested(let reason):
      stopReason = reason
      return endUnstarted()
    case .withdrawn:
      return forget()
    case .claimed, .claimRefused, .started, .refused, .unavailable, .parked, .parkRefused, .parkFailed, .unprovided,
      .crowded, .available, .exited, .ended, .deadlinePassed, .dispatchTimeoutPassed, .examined, .gracePassed,
      .killPassed, .recorded:
      return []
    }
  }

  /// The ledger decides whether it may wait; a stop waits for that.
  private mutating func handleParking(_ event: Event) -> [Effect] {
    switch event {
    case .parked:
      state = .parked
      return [.freeSlot, .awaitProvider]
    case .parkFailed:
      guard stopReason == nil else { return endUnstarted() }
      state = .retrying
      return [.armRetry]
    case .parkRefused:
      return endUnstarted()
    case .stopRequested(let reason):
      stopReason = stopReason ?? reason
      return []
    case .withdrawn:
      return forget()
    case .claimed, .claimRefused, .started, .refused, .retryPassed, .unavailable, .unprovided, .crowded, .available,
      .exited, .ended, .deadlinePassed, .dispatchTimeoutPassed, .examined, .gracePassed, .killPassed, .recorded:
      return []
    }
  }

  /// The row is queued without a slot, so a stop closes the row and withdraws the attempt.
  private mutating func handleParked(_ event: Event) -> [Effect] {
    switch event {
    case .unprovided(let sentence):
      hindrance = sentence
      return [.armDispatchTimeout]
    case .crowded:
      return [.disarm]
    case .available:
      state = .claiming
      return [.disarm, .requeue]
    case .dispatchTimeoutPassed:
      state = .finishing
      return [.recordEnd(Self.exhausted(hindrance), stopReason)]
    case .withdrawn:
      return forget()
    case .claimed, .claimRefused, .started, .refused, .retryPassed, .unavailable, .parked, .parkRefused, .parkFailed,
      .exited, .ended, .deadlinePassed, .examined, .stopRequested, .gracePassed, .killPassed, .recorded:
      return []
    }
  }

  // MARK: While it runs

  /// A daemon or runner that was suspended may act long after the time-out, and the job may have ended in time.
  private mutating func handleRunning(_ event: Event) -> [Effect] {
    switch event {
    case .deadlinePassed:
      guard state == .running else { return [] }
      state = .overdue
      return [.examine]
    case .examined:
      guard state == .overdue else { return [] }
      return [.recordStop(.timeout)] + stop(.timeout)
    case .stopRequested(let reason):
      return stop(reason)
    case .exited:
      state = .exited
      // Its leftover processes were sent KILL when it ended.
      return [.disarm, .recordExit, .armKill]
    case .ended(let ending):
      return finish(ending)
    case .withdrawn:
      return forget()
    case .claimed, .claimRefused, .started, .refused, .retryPassed, .unavailable, .parked, .parkRefused, .parkFailed,
      .unprovided, .crowded, .available, .dispatchTimeoutPassed, .gracePassed, .killPassed, .recorded:
      return []
    }
  }

  /// The first stop reason decides, so further ones are ignored.
  private mutating func handleStopping(_ event: Event) -> [Effect] {
    switch event {
    case .gracePassed:
      guard state == .terminating else { return [] }
      state = .killing
      return [.kill, .armKill]
    case .killPassed:
      return state == .killing ? [.nameSurvivors] : []
    case .exited:
      state = .exited
      return [.disarm, .armKill]
    case .ended(let ending):
      return finish(ending)
    case .withdrawn:
      return forget()
    case .claimed, .claimRefused, .started, .refused, .retryPassed, .unavailable, .parked, .parkRefused, .parkFailed,
      .unprovided, .crowded, .available, .deadlinePassed, .dispatchTimeoutPassed, .examined, .stopRequested,
      .recorded:
      return []
    }
  }

  // MARK: After its end

  /// A stop reason comes too late.
  private mutating func handleExited(_ event: Event) -> [Effect] {
    switch event {
    case .killPassed:
      return [.nameSurvivors]
    case .ended(let ending):
      return finish(ending)
    case .withdrawn:
      return forget()
    case .claimed, .claimRefused, .started, .refused, .retryPassed, .unavailable, .parked, .parkRefused, .parkFailed,
      .unprovided, .crowded, .available, .exited, .deadlinePassed, .dispatchTimeoutPassed, .examined, .stopRequested,
      .gracePassed, .recorded:
      return []
    }
  }

  /// Only the commit is left to wait for.
  private mutating func handleFinishing(_ event: Event) -> [Effect] {
    switch event {
    case .recorded, .withdrawn:
      return forget()
    case .claimed, .claimRefused, .started, .refused, .retryPassed, .unavailable, .parked, .parkRefused, .parkFailed,
      .unprovided, .crowded, .available, .exited, .ended, .deadlinePassed, .dispatchTimeoutPassed, .examined,
      .stopRequested, .gracePassed, .killPassed:
      return []
    }
  }

  // MARK: Parts

  /// Returns the end of an attempt whose providers did not answer within `DispatchTimeout=`.
  public static func exhausted(_ hindrance: String) -> Ending {
    .failed(.dispatchExhausted, "\(hindrance), for as long as DispatchTimeout= allows")
  }

  private mutating func forget() -> [Effect] {
    state = .done
    return [.disarm, .forget]
  }

  private mutating func finish(_ ending: Ending) -> [Effect] {
    state = .finishing
    return [.disarm, .recordEnd(ending, stopReason)]
  }

  /// Ends an attempt that was never started, so that there is no end to wait for.
  private mutating func endUnstarted() -> [Effect] { finish(.succeeded) }

  private mutating func stop(_ reason: StopReason) -> [Effect] {
    stopReason = reason
    state = .terminating
    return [.disarm, .terminate, .armGrace]
  }
}
