/// A redirect that was followed.
public struct HTTPRedirect: Hashable, Sendable {
  /// The status, 300…399.
  public var status: Int
  /// The target URL, without user, password, query and fragment, which may be secret.
  public var destination: String
  /// Whether ``HTTPRequest/headers`` were not sent, because they were written for another origin.
  public var leftHeaders: Bool

  /// Creates a redirect.
  public init(status: Int, destination: String, leftHeaders: Bool) {
    self.status = status
    self.destination = destination
    self.leftHeaders = leftHeaders
  }
}
