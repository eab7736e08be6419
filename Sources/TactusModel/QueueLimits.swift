/// What a queue allows at once.
public struct QueueLimits: Hashable, Sendable {
  /// Claimed and running jobs, 1 … 100,000.
  public var maxRunning: Int
  /// QUEUED jobs, 1 … 1,000,000; further due ones stay PENDING/due.
  public var maxQueued: Int

  /// Puts limits together.
  public init(maxRunning: Int, maxQueued: Int = 1000) {
    self.maxRunning = maxRunning
    self.maxQueued = maxQueued
  }

  /// The limits of a kind's own queue on a machine with a number of cores.
  public init(builtIn kind: Kind, cores: Int) {
    switch kind {
    case .heartbeat: self.init(maxRunning: 256)
    case .command, .container: self.init(maxRunning: 2 * max(1, cores))
    }
  }
}
