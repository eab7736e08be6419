internal import TactusModel

/// Queries the store without the verbs of the ledger, for tools and tests.
///
/// On the store's queue.
extension Store {
  /// Returns the rows of a query as text: columns joined with `|`, NULL as the empty text.
  ///
  /// It sees the changes of the open transaction, and blocks the store until all rows are read. Nothing in the daemon
  /// uses it.
  ///
  /// - Parameter sql: one statement without parameters.
  /// - Returns: one text per row, in the order of the query; empty without rows.
  /// - Throws: ``StoreError`` if the query fails.
  public func inspect(_ sql: String) throws -> [String] { try connection.inspect(sql) }
}

extension Connection {
  /// Returns the rows of one statement as ``Store/inspect(_:)`` describes, on any connection and its queue.
  func inspect(_ sql: String) throws -> [String] {
    var lines: [String] = []
    try each(dynamic: sql, []) { row in
      lines.append((0..<row.columnCount).map { row.text($0) }.joined(separator: "|"))
      return true
    }
    return lines
  }
}
