internal import TactusLedger
internal import TactusModel

/// A write of the open transaction: a verb that may be repeated, and its answer.
struct Write {
  /// Receives nil after the commit, or the reason why the commit failed.
  typealias Conclusion = (Refusal?) -> Void
  /// Runs the verb, and returns what answers its value.
  typealias Verb = @Sendable (LedgerVerbs) throws -> Conclusion

  /// Whether nobody waits for the answer, so that the commit may be ``Store/patienceLimit`` later.
  let isPatient: Bool
  /// Whether its changes are always rolled back.
  let isTrial: Bool
  let verb: Verb
  /// Answers without a value.
  let refuse: (Refusal) -> Void
  /// Answers the last run; nil before the first.
  var conclusion: Conclusion?
}
