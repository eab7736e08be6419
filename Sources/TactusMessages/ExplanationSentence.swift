public import TactusModel

/// The words of `tactusctl why`.
extension Explanation {
  /// What decided, without a full stop at the end: `waits for its time`.
  ///
  /// It is the `reason` of an explanation on the wire. `tactusctl why` prints it behind the instant or the job, adds a
  /// full stop where more follows, and then the error of the job.
  ///
  /// - A rule is named by its key in brackets: `(Overlap=skip)`. So an operator finds the line to change.
  /// - Instants are in UTC with microseconds: `2026-12-01T03:00:00.000000Z`.
  /// - For a terminated workflow and for an unverified job there is a second sentence: the way out.
  /// - A decision and a state of another version are in quotes, as they were stored.
  ///
  /// A state without a job has no sentence of its own. Then the word of the outcome is returned.
  public var sentence: String {
    switch reason {
    case .decision(let reason): reason.sentence
    case .foreignDecision(let word): "decided by another version of tactusd, for the reason '\(word)'"
    case .state(let circumstances):
      job.map { StateSentence(job: $0, circumstances: circumstances).text } ?? outcome.rawValue
    case .foreignState:
      "'\(stateWords)' was written by another version of tactusd, so this version does not change the job"
    case .unscheduled(let name): "\(name) has no schedule and runs only on request"
    case .notYetCreated(let name, let at): "\(name) was created later, at \(at)"
    case .notNominal(let before, let after):
      "the schedule has no such instant; the nearest are \(before.map { "\($0) and " } ?? "")\(after)"
    case .terminated(let name, let reason, let since, let limit):
      "\(name) has been terminated\(since.map { " since \($0)" } ?? "") \(reason.cause(limit: limit)), so nothing is planned. "
        + reason.wayOut(of: name.text)
    case .notKept: "no record is kept of instants before the first one of the current schedule"
    case .notYetPlanned(let planned): "not planned yet: the next planned run is at \(planned)"
    }
  }

  /// The words of a state of another version, as stored: `RUNNING/paused`, or only the status if there is no phase.
  private var stateWords: String {
    [job?.status.rawValue, job?.phase?.rawValue].compactMap(\.self).joined(separator: "/")
  }
}

/// The words of decision records, also of those that `tactusctl why` shows for a range of instants.
extension Decision.Reason {
  /// The rule that decided, as a clause without a full stop; every reason has a text of its own.
  ///
  /// The key that sets the rule is in brackets, if a key does. A person, a termination and an edit are named instead.
  public var sentence: String {
    switch self {
    case .coalesced: "replaced by the run of the newest due instant (Misfire=latest)"
    case .missed: "too late to start (Misfire=skip, StartWithin=)"
    case .limit: "more instants were missed than are caught up (Misfire=all, MisfireLimit=)"
    case .overlap: "an earlier run of the workflow was still live (Overlap=skip)"
    case .skippedByUser: "the planned job was canceled on request"
    case .terminated: "the workflow was terminated at that time"
    case .edited: "the schedule was changed before it could run"
    }
  }
}
