/// The name an operator gives a workflow: `[a-z0-9][a-z0-9._-]{0,63}`, and not a job id.
public struct WorkflowName: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The text, as stored and shown.
  public let text: String

  /// Checks the pattern; nil if the text does not match it or reads as a job id.
  public init?(_ text: String) {
    guard Self.isWellFormed(text), JobID(text) == nil else { return nil }
    self.text = text
  }

  /// The rule in words, for refusals.
  public static let rule = "1 to 64 characters of a-z 0-9 . _ -, the first a letter or a digit, and not a job id"

  /// Orders as text.
  public static func < (left: WorkflowName, right: WorkflowName) -> Bool { left.text < right.text }

  /// The text itself.
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

/// The immutable number of a workflow; a deleted name that comes back gets a new one.
public struct WorkflowID: Hashable, Comparable, Sendable {
  /// The number; positive.
  public let number: Int64

  /// Wraps a number that the store gave.
  public init(number: Int64) { self.number = number }

  /// Orders by creation.
  public static func < (left: WorkflowID, right: WorkflowID) -> Bool { left.number < right.number }
}

/// The name of a queue: a lane of jobs with a concurrency limit.
public struct QueueName: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The text, as stored and shown.
  public let text: String

  /// Checks the same pattern as a workflow's name; nil if it does not match.
  public init?(_ text: String) {
    guard WorkflowName.isWellFormed(text) else { return nil }
    self.text = text
  }

  /// The queue that every kind has of its own, named like the kind.
  public init(builtIn kind: Kind) { text = kind.rawValue }

  /// Orders as text.
  public static func < (left: QueueName, right: QueueName) -> Bool { left.text < right.text }

  /// The text itself.
  public var description: String { text }
}

/// What a workflow runs.
public enum Kind: String, CaseIterable, Sendable {
  /// An HTTP check.
  case heartbeat
  /// A local process.
  case command
  /// A container of an image.
  case container
}
