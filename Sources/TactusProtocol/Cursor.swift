internal import FoundationEssentials

/// Where a page of a list begins: opaque to clients, and refused when it is not ours.
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

  /// The list that it belongs to.
  public let list: List
  /// What the list's order is by: a row's position, a name.
  public let position: String

  /// A place in a list.
  public init(_ list: List, position: String) {
    self.list = list
    self.position = position
  }

  /// Reads the text that a client gave back; nil if it is not a cursor of this list.
  public init?(_ text: String, of list: List) {
    guard let bytes = Data(base64Encoded: text), let plain = String(validating: bytes, as: UTF8.self),
      plain.hasPrefix("\(list.rawValue):")
    else { return nil }
    self.init(list, position: String(plain.dropFirst(list.rawValue.count + 1)))
  }

  /// The text for clients.
  public var description: String { Data("\(list.rawValue):\(position)".utf8).base64EncodedString() }
}
