/// The log for operators.
///
/// Any queue; never blocks.
public protocol Journal: Sendable {
  /// Logs a message.
  func report(_ entry: JournalEntry)
}

/// A message to the operator.
public struct JournalEntry: Hashable, Sendable {
  /// The priority of a message; the raw values are those of syslog(3).
  public enum Priority: Int, CaseIterable, Sendable {
    /// Something failed, and the operator should act.
    case error = 3
    /// Something is wrong, but Tactus continues.
    case warning = 4
    /// A normal but significant event.
    case notice = 5
    /// A normal event.
    case info = 6
    /// A detail for debugging.
    case debug = 7
  }

  /// The kind of message, which determines the priority.
  public var kind: JournalMessage
  /// The message: one sentence.
  public var message: String
  /// The fields in order, each at most once.
  public var fields: [(name: JournalField, value: String)] { names.indices.map { (names[$0], values[$0]) } }
  /// The priority.
  public var priority: Priority { kind.priority }

  private var names: [JournalField]
  private var values: [String]

  /// Creates a message, the fields of a job first; a debug build traps if a field that the kind requires is missing.
  public init(
    _ kind: JournalMessage, _ message: String, job: JobLabels? = nil, fields: KeyValuePairs<JournalField, String> = [:]
  ) {
    self.init(kind, message, all: (job?.fields ?? []) + fields.map { (name: $0.key, value: $0.value) })
  }

  /// Creates a message whose set of fields varies.
  public init(_ kind: JournalMessage, _ message: String, all fields: [(name: JournalField, value: String)]) {
    self.kind = kind
    self.message = message
    names = fields.map(\.name)
    values = fields.map(\.value)
    assert(kind.fields.allSatisfy(names.contains), "\(kind) carries \(kind.fields), and here are only \(names)")
  }

  /// The value of a field; nil if the message does not have it.
  public subscript(_ field: JournalField) -> String? { names.firstIndex(of: field).map { values[$0] } }
}
