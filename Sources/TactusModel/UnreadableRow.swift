/// A row that this version cannot read, because it is damaged or holds a word of another version.
///
/// It names the place, and never the content of a column that the user wrote.
public struct UnreadableRow: Error, Hashable, Sendable {
  /// The table; empty if SQLite does not name it.
  public var table: String
  /// The key of the row, or else the value it was looked up by; may be empty.
  public var row: String
  /// The column; may be empty.
  public var column: String
  /// The fault.
  public var problem: Problem

  /// The faults of a column.
  public enum Problem: Hashable, Sendable {
    /// A word that is unknown to this version.
    case foreignWord(String)
    /// A value that no version writes.
    case damaged(Damage)
    /// A change that contradicts a constraint of the table, in SQLite's words.
    case contradiction(String)
  }

  /// The kinds of damage.
  public enum Damage: Hashable, Sendable {
    /// The number is out of the range of the column.
    case numberOutOfRange(Int64)
    /// An instant outside of the years 1970 to 9999.
    case instantOutOfRange
    /// The id of a job is not 16 bytes.
    case malformedJobID
    /// The name of a workflow does not match its pattern.
    case malformedWorkflowName
    /// The name of a queue does not match its pattern.
    case malformedQueueName
    /// The value has another type than the column.
    case wrongType(found: Value, wanted: Value)
    /// Lines of a job's output cannot be decoded, from this position.
    case malformedOutput(JobID, from: Int64)
    /// The definition of the workflow is missing.
    case missingDefinition
    /// The generation that the job is bound to is missing.
    case missingGeneration(Int, of: JobID)
    /// The row names a job that is missing.
    case missingJob(JobID)
    /// The row names a workflow that is missing, or has no definition.
    case missingWorkflow
  }

  /// The types of values in a column.
  public enum Value: Hashable, Sendable {
    case null, number, fraction, text, blob
    /// A number that represents an instant.
    case instant
    /// A text of a fixed set.
    case word
  }

  /// Creates a fault.
  public init(table: String, row: String, column: String, problem: Problem) {
    self.table = table
    self.row = row
    self.column = column
    self.problem = problem
  }

  /// Whether it is a change that contradicts a constraint, and not a value that was read.
  public var isContradiction: Bool {
    if case .contradiction = problem { true } else { false }
  }

  /// The place in words: `table jobs, row 0190…, column status`.
  public var place: String {
    [
      table.isEmpty ? nil : "table \(table)", row.isEmpty ? nil : "row \(row)",
      column.isEmpty ? nil : "column \(column)",
    ]
    .compactMap(\.self).joined(separator: ", ")
  }
}
