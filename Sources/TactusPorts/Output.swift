public import TactusModel

/// The streams of output.
public enum OutputStream: String, CaseIterable, Sendable {
  /// Standard output, or the body of an answer.
  case stdout
  /// Standard error.
  case stderr
}

/// A line of output, or a piece of an overlong one.
public struct OutputLine: Hashable, Sendable {
  /// The stream.
  public var stream: OutputStream
  /// The time at which it was read.
  public var at: Instant
  /// The bytes without the newline, unchanged; at most ``Limits/logLineBytes``.
  public var bytes: [UInt8]
  /// Whether the line continues in the next entry of the same stream, or ended without a newline.
  public var isPartial: Bool

  /// Creates a line.
  public init(stream: OutputStream, at: Instant, bytes: [UInt8], isPartial: Bool) {
    self.stream = stream
    self.at = at
    self.bytes = bytes
    self.isPartial = isPartial
  }
}

/// Stores the output of jobs.
///
/// Any queue.
public protocol OutputSink: Sendable {
  /// Appends lines to a job's output, in order; answers on any queue whether they were stored.
  ///
  /// A runner stops reading until it is answered, so a flooding job is throttled by its pipe. A sink that cannot store
  /// the lines now, but may later, answers later.
  func append(_ lines: [OutputLine], to id: JobID, answer: @escaping @Sendable (Bool) -> Void)
  /// Discards a job's output; answers on any queue whether it is gone.
  func discard(_ id: JobID, answer: @escaping @Sendable (Bool) -> Void)
}

/// Receives the labels of jobs with output, from the execution worker: before the first line, and after the last.
public protocol OutputLabeling: Sendable {
  /// Announces output of this attempt.
  func label(_ job: JobLabels)
  /// Ends the output of this attempt.
  func forget(_ id: JobID)
}

/// Reads stored output.
///
/// Any queue.
public protocol OutputReader: Sendable {
  /// Answers lines after a position, oldest first, each with its position; empty if there are no more.
  func lines(
    of id: JobID, after position: Int64, limit: Int,
    answer: @escaping @Sendable (Result<[(position: Int64, line: OutputLine)], Refusal>) -> Void)
  /// Answers the stored bytes of each stream, as the job wrote them, newlines included.
  func extent(
    of id: JobID, answer: @escaping @Sendable (Result<[OutputStream: Int64], Refusal>) -> Void)
  /// Answers once there are lines of a job after a position, or ``cancelWait(_:)`` was called with the number of this
  /// wait.
  func wait(
    for id: JobID, after position: Int64, number: UInt64, isCanceled: @escaping @Sendable () -> Bool,
    answer: @escaping @Sendable () -> Void)
  /// Ends a wait; a later wait whose `isCanceled` is true is answered at once.
  func cancelWait(_ number: UInt64)
}
