internal import TactusModel

/// Looks into the store from outside the ledger's verbs; for tools and tests, on the store's queue.
extension Store {
  /// The rows of a query as text, columns joined with `|`, NULL as nothing.
  /// - Throws: ``StoreError``.
  public func inspect(_ sql: String) throws -> [String] { try tables.connection.inspect(sql) }
}

extension Connection {
  func inspect(_ sql: String) throws -> [String] {
    var lines: [String] = []
    try each(dynamic: sql, []) { row in
      lines.append((0..<row.columnCount).map { row.text($0) }.joined(separator: "|"))
      return true
    }
    return lines
  }
}
