/// Where a waiting job stands in line, and how long that will take.
public struct Place: Hashable, Sendable {
  /// 1 is next.
  public var position: Int
  /// From the recent run times of its queue and its slots; nil if nothing ran there lately.
  public var estimatedWait: Duration?

  /// Puts a place together.
  public init(position: Int, estimatedWait: Duration?) {
    self.position = position
    self.estimatedWait = estimatedWait
  }
}
