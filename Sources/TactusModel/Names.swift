/// The name of a workflow: `[a-z0-9][a-z0-9._-]{0,63}`, but not a job id.
public struct WorkflowName: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The text, as stored and shown.
  public let text: String

  /// Checks a name; nil if it does not match the pattern or parses as a job id.
  public init?(_ text: String) {
    guard Self.isWellFormed(text), JobID(text) == nil else { return nil }
    self.text = text
  }

  /// Orders as text.
  public static func < (left: WorkflowName, right: WorkflowName) -> Bool { left.text < right.text }

  /// The name as text.
  public var description: String { text }

  static func isWellFormed(_ text: String) -> Bool {
    let bytes = text.utf8
    guard (1...64).contains(bytes.count) else { return false }
    for (index, byte) in bytes.enumerated() {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): continue
      case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): if index == 0 { return false }
      default: return false
      }
    }
    return true
  }
}

/// The immutable number of a workflow; a workflow with the name of a deleted one gets a new number.
public struct WorkflowID: Hashable, Comparable, Sendable {
  /// The number; positive.
  public let number: Int64

  /// Creates an id from a number of the store.
  public init(number: Int64) { self.number = number }

  /// Orders by creation.
  public static func < (left: WorkflowID, right: WorkflowID) -> Bool { left.number < right.number }
}

/// The name of a queue: a lane of jobs with a concurrency limit.
public struct QueueName: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The text, as stored and shown.
  public let text: String

  /// Checks a name; nil if it does not match the pattern of workflow names.
  public init?(_ text: String) {
    guard WorkflowName.isWellFormed(text) else { return nil }
    self.text = text
  }

  /// Returns the built-in queue of a kind, which has the name of the kind.
  public init(builtIn kind: Kind) { text = kind.rawValue }

  /// Orders as text.
  public static func < (left: QueueName, right: QueueName) -> Bool { left.text < right.text }

  /// The name as text.
  public var description: String { text }
}

/// The kinds of work.
public enum Kind: String, CaseIterable, Sendable {
  /// An HTTP check.
  case heartbeat
  /// A local process.
  case command
  /// A container of an image.
  case container
}
