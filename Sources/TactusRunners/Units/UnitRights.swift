import TactusModel
import TactusPorts
import TactusSystemd

/// Tracks whether systemd accepts units of this daemon, and acts on changes.
extension UnitRunner {
  /// Asks whether this daemon may start units.
  ///
  /// Returns the new runner for `Runner=auto`, or nil if it stays the same.
  func examineRights(answer: @escaping @Sendable (RunnerName?) -> Void = { _ in }) {
    bus.mayStartUnits { right in
      self.assumeIsolated { runner in
        let place = runner.learn(right)
        if right == .granted { runner.catchUp() }
        answer(place)
      }
    }
  }

  /// Stores an answer.
  ///
  /// A change, which moves all commands of `Runner=auto`, is reported once.
  func learn(_ right: UnitRight) -> RunnerName? {
    guard availability.set(right), !isClosed else { return nil }
    let place: RunnerName = right == .granted ? .systemd : .direct
    journal.report(
      JournalEntry(.runnerChanged, right.sentence(of: place), fields: [.runner: place.rawValue]))
    return place
  }

  /// Repeats what was refused while this daemon lacked the right.
  private func catchUp() {
    for run in runs.values where !run.isOver && run.isCreated {
      if let signal = run.signal { send(signal, to: run) }
    }
    for id in owed { removeUnit(of: id) }
  }
}

extension UnitRight {
  /// The message for a refused unit, with the way out.
  func cure(for failure: BusFailure) -> String {
    var reason = "\(failure)"
    // polkit's messages end with a full stop.
    if reason.hasSuffix(".") { reason.removeLast() }
    let way = "Run \(Self.rule) to allow it for all its workflows"
    guard case .undecided(let silence) = self else {
      return "this daemon may not start units (\(reason)). \(way). \(Self.remedyForRule)"
    }
    return "this daemon may not start units, because polkit, which must allow units, does not answer (\(silence)). "
      + "Run \(Self.remedyForPolkit). \(way)"
  }

  fileprivate func sentence(of place: RunnerName) -> String {
    switch self {
    case .granted:
      "Runner=auto means systemd from now on, because systemd lets this daemon start units. Such commands run outside "
        + "the sandbox of tactusd. Set Runner=direct to keep one inside"
    case .denied:
      "Runner=auto means direct from now on, because polkit does not let this daemon start units. \(consequence)"
    case .undecided(let reason):
      "Runner=auto means direct from now on, because polkit, which must allow units, does not answer (\(reason)). "
        + consequence
    case .unreached(let reason):
      "Runner=auto means direct from now on, because systemd does not answer (\(reason)). \(consequence)"
    }
  }

  private var consequence: String { "Such commands run in the sandbox of tactusd, and end with it" }
}
