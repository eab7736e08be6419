/// A method: its parameters, its reply, and the right that it needs.
public protocol Request: Codable, Hashable, Sendable {
  /// The type of the reply.
  associatedtype Reply: Codable & Hashable & Sendable
  /// The full name of the method: `io.tactus.Jobs.Get`.
  static var method: String { get }
  /// The names of all its parameters; any other is refused.
  static var parameters: [String] { get }
  /// Whether it returns a stream and needs `more`.
  static var isStream: Bool { get }
  /// The right that the caller needs.
  static var right: Right { get }
  /// Whether it changes something; the change is also made for a client that has gone.
  static var isChange: Bool { get }
  /// Whether its consecutive calls on one connection may run concurrently.
  ///
  /// Such a call is a write that happens in the order of the calls, so that many share one commit.
  static var mayOverlap: Bool { get }
}

extension Request {
  /// False: most methods return one reply.
  public static var isStream: Bool { false }
  /// Only administrators may change something.
  public static var isChange: Bool { right == .admin }
  /// False: most calls wait for the one before.
  public static var mayOverlap: Bool { false }
}

/// A reply without parameters.
public struct Done: Codable, Hashable, Sendable {
  /// Creates a reply.
  public init() {}
}
