/// The limits of a queue.
public struct QueueLimits: Hashable, Sendable {
  /// The most claimed and running jobs, 1 … 100,000.
  public var maxRunning: Int
  /// The most QUEUED jobs, 1 … 1,000,000; further due ones stay PENDING/due.
  public var maxQueued: Int

  /// Creates limits.
  public init(maxRunning: Int, maxQueued: Int = 1000) {
    self.maxRunning = maxRunning
    self.maxQueued = maxQueued
  }

  /// Returns the limits of a kind's built-in queue on a machine with this number of cores.
  public init(builtIn kind: Kind, cores: Int) {
    switch kind {
    case .heartbeat: self.init(maxRunning: 256)
    case .command, .container: self.init(maxRunning: 2 * max(1, cores))
    }
  }
}
