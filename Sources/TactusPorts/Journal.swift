/// Where those who handle incidents tell them, once; any queue; never blocks.
public protocol Journal: Sendable {
  /// Tells an operator something.
  func tell(_ entry: JournalEntry)
}

/// One message to the operator.
public struct JournalEntry: Hashable, Sendable {
  /// How much a message matters; the numbers of syslog(3).
  public enum Priority: Int, CaseIterable, Sendable {
    /// Something failed and somebody should act.
    case error = 3
    /// Something is not as it should be; Tactus goes on.
    case warning = 4
    /// Normal, worth knowing.
    case notice = 5
    /// Normal.
    case info = 6
    /// For those who look for a fault.
    case debug = 7
  }

  /// What kind of message it is; its priority follows from that.
  public var kind: JournalMessage
  /// One sentence.
  public var message: String
  /// The fields, in order, each at most once.
  public var fields: [(name: JournalField, value: String)] { names.indices.map { (names[$0], values[$0]) } }
  /// How much it matters.
  public var priority: Priority { kind.priority }

  private var names: [JournalField]
  private var values: [String]

  /// Puts an entry together, the fields of a job first; one that its kind always carries is there, or a debug build traps.
  public init(
    _ kind: JournalMessage, _ message: String, job: JobLabels? = nil, fields: KeyValuePairs<JournalField, String> = [:]
  ) {
    self.init(kind, message, all: (job?.fields ?? []) + fields.map { (name: $0.key, value: $0.value) })
  }

  /// Puts an entry together whose fields are not the same each time.
  public init(_ kind: JournalMessage, _ message: String, all fields: [(name: JournalField, value: String)]) {
    self.kind = kind
    self.message = message
    names = fields.map(\.name)
    values = fields.map(\.value)
    assert(kind.fields.allSatisfy(names.contains), "\(kind) carries \(kind.fields), and here are only \(names)")
  }

  /// The value of a field.
  public subscript(_ field: JournalField) -> String? { names.firstIndex(of: field).map { values[$0] } }
}
