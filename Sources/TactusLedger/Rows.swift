public import TactusModel

/// The rows of a ledger, as named statements: each verb reads some, decides, and writes some.
///
/// A driver implements them. It has the only writing connection, and calls the verbs inside its transaction, so a
/// statement sees the changes of all earlier ones. A statement is one query or one change. It decides no more than its
/// comment says. Confined to the queue of the driver. Every statement may throw
///
/// - ``UnreadableRow``, if a row is damaged or of another version, or if a change contradicts the rules of its table;
/// - an error of the driver, for example because the disk is full. The verb is then undone.
///
/// Source: docs/adr/0023
public protocol Rows: PlanRows, BacklogRows, AttemptRows, WorkflowRows, DefinitionRows, DecisionRows, EventRows,
  RequestRows
{
  /// Reports a row that is left out of an answer or of a verb because it cannot be read.
  ///
  /// The same row may be reported whenever it is met.
  func report(_ fault: UnreadableRow)
}

extension Rows {
  /// Returns what the body reads; if the row cannot be read, reports it and returns nil.
  func readable<Value>(_ body: () throws -> Value) throws -> Value? {
    do { return try body() } catch let fault as UnreadableRow {
      report(fault)
      return nil
    }
  }
}
