internal import CSQLite

/// A row that this version cannot read: it has a word of another version, or it is damaged.
///
/// It says where, and never what a column of the user's holds.
public struct UnreadableRow: Error, Hashable, Sendable, CustomStringConvertible {
  /// The table; empty if SQLite does not say.
  public var table: String
  /// What tells the row from others: its key, or what was asked for.
  public var row: String
  /// The column.
  public var column: String
  /// What is wrong with it.
  public var problem: Problem

  /// What is wrong with a column.
  public enum Problem: Hashable, Sendable {
    /// A word that this version does not have.
    case foreignWord(String)
    /// Something that no version writes: the sentence says what.
    case damaged(String)
    /// The change that was to be made contradicts the rules of the table, in SQLite's words.
    case contradiction(String)
  }

  /// Puts a fault together.
  public init(table: String, row: String, column: String, problem: Problem) {
    self.table = table
    self.row = row
    self.column = column
    self.problem = problem
  }

  /// Where it is: `table jobs, row 0190…, column status`.
  public var place: String {
    [
      table.isEmpty ? nil : "table \(table)", row.isEmpty ? nil : "row \(row)",
      column.isEmpty ? nil : "column \(column)",
    ]
    .compactMap(\.self).joined(separator: ", ")
  }

  /// What is wrong, where, and the way out.
  public var description: String {
    switch problem {
    case .foreignWord(let word):
      "'\(word)' in \(place) is a word of another version of tactusd. Run that version to use the row."
    case .damaged(let what):
      "The store is damaged in \(place): \(what). Restore a backup, or correct the row with sqlite3."
    case .contradiction(let what):
      "The store refused a change\(place.isEmpty ? "" : " in \(place)"): \(what). Run tactusd --verify."
    }
  }
}

extension StoreError {
  /// Whether rows contradict the rules of their tables, which a damaged row, or one of another version, does.
  var isContradiction: Bool { code & 0xFF == SQLITE_CONSTRAINT }
}
