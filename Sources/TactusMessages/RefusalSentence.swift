public import TactusModel

/// The sentences of refusals, by their class.
///
/// An answer on the wire has the parts instead: the entity and the name, the reason, or the field. See `CallFailure`.
extension Refusal: CustomStringConvertible {
  /// The reason against a request, and the way out: for the operator.
  ///
  /// `no workflow nightly`, `the store is closed`. A single clause has no full stop.
  public var description: String {
    switch self {
    case .notFound(let subject): "no \(subject.entity) \(subject.name)"
    case .conflict(let conflict): conflict.description
    case .invalid(let field, let fault): "\(field.rawValue): \(fault)"
    case .unavailable(let unavailability): unavailability.description
    }
  }
}

extension Refusal.Subject {
  /// What it is, in a word of the wire: `workflow` or `job`.
  ///
  /// `tactusctl` makes the name of its list from it: `tactusctl list-jobs`.
  public var entity: String {
    switch self {
    case .workflow: "workflow"
    case .job, .anyJob: "job"
    }
  }

  /// Which one it is, as a client named it.
  ///
  /// For a missing job of a workflow it is a phrase: `of nightly`, so that the message reads `no job of nightly`.
  public var name: String {
    switch self {
    case .workflow(let name): name.text
    case .job(let id): id.description
    case .anyJob(let workflow): "of \(workflow)"
    }
  }
}

/// The reasons why the store does not answer, as sentences for operators and clients.
extension Refusal.Unavailability: CustomStringConvertible {
  /// Why the store does not answer.
  ///
  /// It is the `reason` of an Unavailable on the wire. Texts of SQLite are in it as they are, with their code. A
  /// silence is in whole seconds, rounded down. Only a daemon that starts or stops has a way out: to try again.
  public var description: String {
    switch self {
    case .closed: "the store is closed"
    case .starting: "The daemon is starting or stopping. Try again in a moment."
    case .unwritable(let reason): "the store cannot be written: \(reason)"
    case .unreadable(let reason): "the store cannot be read: \(reason)"
    case .unreadableOutput(let reason): "the output cannot be read: \(reason)"
    case .missingEvent: "an event is missing"
    case .silent(let span):
      "the store has not answered for \(span.milliseconds / 1000) s, because its disk is slow or stalled"
    }
  }
}

/// The sentences for a start time out of range.
extension ManualStart.Fault: CustomStringConvertible {
  /// What is wrong with the instant, and the valid range.
  ///
  /// Two sentences. All instants are in UTC, also if the client wrote another offset. The range depends on the instant
  /// of the request, so both bounds are named.
  public var description: String {
    "\(instant) is \(instant < valid.lowerBound ? "too long ago" : "too far ahead"). The valid range is "
      + "\(valid.lowerBound) (60 s in the past) to \(valid.upperBound) (5 years ahead)."
  }
}
