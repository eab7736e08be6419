private import Synchronization
public import TactusModel

/// The queues and their limits in force, in one place for all parts of the daemon; a reload replaces the limits.
///
/// Any queue. A part reads a limit when it needs it, and keeps no copy. After a replacement the workers are asked to
/// examine their queues, because a higher limit makes room. A lower one stops nothing: jobs end, and no other starts
/// until their number is below the limit.
public final class QueueBook: Sendable, ExpressibleByDictionaryLiteral {
  private let limits: Mutex<[QueueName: QueueLimits]>

  /// Creates a book; no job of a queue that it does not have is started.
  public init(_ limits: [QueueName: QueueLimits]) { self.limits = Mutex(limits) }

  /// Creates a book from the limits of each queue.
  public convenience init(dictionaryLiteral elements: (QueueName, QueueLimits)...) {
    self.init(Dictionary(uniqueKeysWithValues: elements))
  }

  /// All queues with their limits.
  public var all: [QueueName: QueueLimits] { limits.withLock { $0 } }

  /// The limits of a queue; nil if it does not exist.
  public subscript(queue: QueueName) -> QueueLimits? { limits.withLock { $0[queue] } }

  /// Replaces the limits of all queues.
  public func replace(with limits: [QueueName: QueueLimits]) { self.limits.withLock { $0 = limits } }
}
