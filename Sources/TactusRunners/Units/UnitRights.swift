import TactusModel
import TactusPorts
import TactusSystemd

/// Whether systemd takes units of this daemon, and what follows from it.
extension UnitRunner {
  /// Asks whether this daemon may start units, and answers who has commands of `Runner=auto` from now on, if that is another.
  func examineRights(answer: @escaping @Sendable (RunnerName?) -> Void = { _ in }) {
    bus.mayStartUnits { right in
      self.assumeIsolated { runner in
        let place = runner.learn(right)
        if right == .granted { runner.catchUp() }
        answer(place)
      }
    }
  }

  /// Takes over what was told; a change, which moves all commands of `Runner=auto`, is told once.
  func learn(_ right: UnitRight) -> RunnerName? {
    guard availability.set(right), !isClosed else { return nil }
    let place: RunnerName = right == .granted ? .systemd : .direct
    journal.tell(
      JournalEntry(.runnerChanged, right.sentence(of: place), fields: [.runner: place.rawValue]))
    return place
  }

  /// Does what was refused while this daemon had no right to it.
  private func catchUp() {
    for run in runs.values where !run.isOver && run.isCreated {
      if let signal = run.signal { send(signal, to: run) }
    }
    for id in owed { removeUnit(of: id) }
  }
}

extension UnitRight {
  /// Why a unit was refused, and the way out.
  func cure(for failure: BusFailure) -> String {
    var reason = "\(failure)"
    // polkit's sentences end in a full stop.
    if reason.hasSuffix(".") { reason.removeLast() }
    let way = "to let it, for all its workflows: \(Self.rule)"
    guard case .undecided(let silence) = self else {
      return "this daemon may not start units (\(reason)); \(way); \(Self.remedyForRule)"
    }
    return "this daemon may not start units, because polkit, which systemd asks, does not answer (\(silence)): "
      + "\(Self.remedyForPolkit); \(way)"
  }

  fileprivate func sentence(of place: RunnerName) -> String {
    switch self {
    case .granted:
      "Runner=auto means systemd from now on, which lets this daemon start units: such commands leave the sandbox of tactusd, "
        + "unless their definition says Runner=direct"
    case .denied:
      "Runner=auto means direct from now on, because polkit does not let this daemon start units: \(consequence)"
    case .undecided(let reason):
      "Runner=auto means direct from now on, because polkit, which would have to allow units, does not answer (\(reason)): "
        + consequence
    case .unreached(let reason):
      "Runner=auto means direct from now on, because systemd does not answer (\(reason)): \(consequence)"
    }
  }

  private var consequence: String { "such commands run in the sandbox of tactusd, and end with it" }
}
