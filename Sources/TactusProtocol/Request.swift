/// The parameters of one method, and with them the method itself.
public protocol Request: Codable, Hashable, Sendable {
  /// What the daemon answers with.
  associatedtype Reply: Codable & Hashable & Sendable
  /// The full name: `io.tactus.Jobs.Get`.
  static var method: String { get }
  /// The names of all its parameters; any other is refused.
  static var parameters: [String] { get }
  /// Whether it answers with a stream and wants `more`.
  static var isStream: Bool { get }
  /// What the caller needs for it.
  static var right: Right { get }
}

extension Request {
  /// Most methods answer once.
  public static var isStream: Bool { false }
}

/// A reply without parameters.
public struct Done: Codable, Hashable, Sendable {
  /// Nothing to say.
  public init() {}
}
