public import TactusModel

/// The sentences for rows that cannot be read.
///
/// They appear in answers to clients, in the journal once for each row, in `tactusctl doctor` and in `tactusd
/// --verify`.
extension UnreadableRow: CustomStringConvertible {
  /// What is wrong, where, and the way out, in two sentences.
  ///
  /// `'paused' in table jobs, row 0190…, column phase is a word of another version of tactusd. Run that version …`
  ///
  /// The place has no values of the user. A foreign word has at most 40 printable characters, because the store
  /// shortens it.
  ///
  /// - A word of another version is not damage, so the way out is to run that version.
  /// - Damage needs a backup, or a correction by hand.
  /// - A contradiction names no column. The way out is the auditor, which reads all rows.
  public var description: String {
    switch problem {
    case .foreignWord(let word):
      "'\(word)' in \(place) is a word of another version of tactusd. Run that version to use the row."
    case .damaged(let damage):
      "The store is damaged in \(place): \(damage). Restore a backup, or correct the row with sqlite3."
    case .contradiction(let what):
      "The store refused a change\(place.isEmpty ? "" : " in \(place)"): \(what). Run tactusd --verify."
    }
  }
}

/// The kinds of damage, as clauses.
extension UnreadableRow.Damage: CustomStringConvertible {
  /// What is wrong, without the place.
  ///
  /// A clause in lower case without a full stop: `expected a number, found a text`. It names numbers and ids, and no
  /// stored text.
  public var description: String {
    switch self {
    case .numberOutOfRange(let number): "\(number) is out of range"
    case .instantOutOfRange: "the instant is out of range"
    case .malformedJobID: "the id of a job is not 16 bytes"
    case .malformedWorkflowName: "the name of a workflow is malformed"
    case .malformedQueueName: "the name of a queue is malformed"
    case .wrongType(let found, let wanted): "expected \(wanted.noun), found \(found.noun)"
    case .malformedOutput(let job, let position): "the lines of job \(job) from \(position) on are malformed"
    case .missingDefinition: "the definition is missing"
    case .missingGeneration(let generation, let job): "generation \(generation), which job \(job) uses, is missing"
    case .missingJob(let job): "job \(job), which the row names, is missing"
    case .missingWorkflow: "the workflow or its definition is missing"
    }
  }
}

/// The types of values, as objects of a sentence.
extension UnreadableRow.Value {
  /// The type with its article: `a number`; NULL has no article.
  fileprivate var noun: String {
    switch self {
    case .null: "NULL"
    case .number: "a number"
    case .fraction: "a fraction"
    case .text: "a text"
    case .blob: "a blob"
    case .instant: "an instant"
    case .word: "a word"
    }
  }
}
