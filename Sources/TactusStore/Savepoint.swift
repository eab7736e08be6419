extension Connection {
  /// Runs the body in a savepoint of the open transaction: if it throws, it has changed nothing.
  ///
  /// - Parameters:
  ///   - isKept: false rolls back the changes in any case, as for a trial.
  ///   - body: its changes are durable only after the commit of the transaction.
  /// - Returns: the value of the body.
  /// - Throws: the error of the body, or ``StoreError`` if the savepoint could not be set, released or rolled back. SQLite
  ///   may have rolled back the whole transaction, see ``isAutocommit``.
  func savepoint<Value>(isKept: Bool = true, _ body: () throws -> Value) throws -> Value {
    try run("SAVEPOINT verb")
    do {
      let value = try body()
      if !isKept { try run("ROLLBACK TO verb") }
      try run("RELEASE verb")
      return value
    } catch {
      // A full disk or an I/O error may already have rolled back the whole transaction.
      if !isAutocommit { try undo() }
      throw error
    }
  }

  /// Rolls back to the savepoint, or else everything since the last commit.
  ///
  /// The changes of a body that failed must never be committed.
  private func undo() throws {
    do {
      try run("ROLLBACK TO verb")
      try run("RELEASE verb")
    } catch {
      // If the rollback also fails, SQLite has already rolled back.
      try? rollBack()
      throw error
    }
  }

  /// Rolls back the open transaction.
  ///
  /// The statement is prepared before the first transaction, so that a lack of memory cannot prevent it.
  /// - Throws: ``StoreError`` if SQLite has already rolled back.
  func rollBack() throws { try rollback().run([]) { _ in false } }

  /// Prepares ``rollBack()``.
  func prepareRollback() throws { _ = try rollback() }

  private func rollback() throws -> Statement { try statement("ROLLBACK") }
}
