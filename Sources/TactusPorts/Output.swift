public import TactusModel

/// A stream of a process's output.
public enum OutputStream: String, CaseIterable, Sendable {
  /// Standard output, or the body of an answer.
  case stdout
  /// Standard error.
  case stderr
}

/// One line of output, or a piece of an overlong one.
public struct OutputLine: Hashable, Sendable {
  /// Where it came from.
  public var stream: OutputStream
  /// When it was read.
  public var at: Instant
  /// The bytes without the newline, as they were; at most ``Limits/logLineBytes``.
  public var bytes: [UInt8]
  /// Whether the line goes on in the next entry of the same stream: an overlong line, or one without a newline at the end.
  public var isPartial: Bool

  /// Puts a line together.
  public init(stream: OutputStream, at: Instant, bytes: [UInt8], isPartial: Bool) {
    self.stream = stream
    self.at = at
    self.bytes = bytes
    self.isPartial = isPartial
  }
}

/// Where runners put output.
public protocol OutputSink: Sendable {
  /// Appends lines to a job's output, in order; the answer says whether they were stored, on any queue.
  ///
  /// A runner holds back reading until it is answered: a flooding job is throttled by its own pipe. A sink that cannot store
  /// now, and may later, answers later.
  func append(_ lines: [OutputLine], to id: JobID, answer: @escaping @Sendable (Bool) -> Void)
  /// Throws a job's output away; the answer says whether it is gone.
  func discard(_ id: JobID, answer: @escaping @Sendable (Bool) -> Void)
}

/// Is told whose output comes, by the execution worker: before its first line, and after its last.
public protocol OutputLabeling: Sendable {
  /// Output of this attempt may come from now on.
  func label(_ job: JobLabels)
  /// None of it comes any more.
  func forget(_ id: JobID)
}

/// Reads stored output back.
public protocol OutputReader: Sendable {
  /// Answers lines after a position, oldest first, with the position of the last; empty when there is no more.
  func lines(
    of id: JobID, after position: Int64, limit: Int,
    answer: @escaping @Sendable (Result<[(position: Int64, line: OutputLine)], LedgerFailure>) -> Void)
  /// Answers how many bytes of each stream are stored, as the job wrote them, newlines included.
  func extent(
    of id: JobID, answer: @escaping @Sendable (Result<[OutputStream: Int64], LedgerFailure>) -> Void)
  /// Answers once there are lines of a job after a position, or ``cancelWait(_:)`` names the number of this wait.
  func wait(
    for id: JobID, after position: Int64, number: UInt64, isCanceled: @escaping @Sendable () -> Bool,
    answer: @escaping @Sendable () -> Void)
  /// Ends a wait; a wait that comes later and says that it is canceled is answered at once.
  func cancelWait(_ number: UInt64)
}
