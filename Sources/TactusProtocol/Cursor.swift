internal import FoundationEssentials

/// The begin of a page of a list: opaque to clients, and refused if another server made it.
public struct Cursor: Hashable, Sendable, CustomStringConvertible {
  /// The lists that have pages.
  public enum List: String, CaseIterable, Sendable {
    /// `Jobs.List`.
    case jobs
    /// `Workflows.List`.
    case workflows
    /// `Workflows.Why`.
    case answers
  }

  /// The list to which it belongs.
  public let list: List
  /// The sort key in the list: the position of a row, or a name.
  public let position: String

  /// Creates a cursor.
  public init(_ list: List, position: String) {
    self.list = list
    self.position = position
  }

  /// Reads the text from a client; nil if it is not a cursor of this list.
  public init?(_ text: String, of list: List) {
    guard let bytes = Data(base64Encoded: text), let plain = String(validating: bytes, as: UTF8.self),
      plain.hasPrefix("\(list.rawValue):")
    else { return nil }
    self.init(list, position: String(plain.dropFirst(list.rawValue.count + 1)))
  }

  /// The text for clients.
  public var description: String { Data("\(list.rawValue):\(position)".utf8).base64EncodedString() }
}
