/// A redirect that was followed.
public struct HTTPRedirect: Hashable, Sendable {
  /// 300…399.
  public var status: Int
  /// The URL that it led to, without user, password, query and fragment, which may be secret.
  public var destination: String
  /// Whether ``HTTPRequest/headers`` were left behind, because they were written for another origin.
  public var leftHeaders: Bool

  /// Puts a redirect together.
  public init(status: Int, destination: String, leftHeaders: Bool) {
    self.status = status
    self.destination = destination
    self.leftHeaders = leftHeaders
  }
}
