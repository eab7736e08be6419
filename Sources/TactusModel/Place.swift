/// The position of a waiting job in its queue, and the estimated wait.
public struct Place: Hashable, Sendable {
  /// The position; 1 is next.
  public var position: Int
  /// The estimate from the queue's recent run times and its slots; nil without recent run times.
  public var estimatedWait: Duration?

  /// Creates a place.
  public init(position: Int, estimatedWait: Duration?) {
    self.position = position
    self.estimatedWait = estimatedWait
  }
}
