internal import FoundationEssentials
public import TactusModel

/// `io.tactus.Jobs.Logs`: the output of a job, a stream of lines.
public struct ReadLogs: Request {
  /// The full name of the method.
  public static let method = "io.tactus.Jobs.Logs"
  /// The names of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// A stream, which needs `more`.
  public static let isStream = true
  /// Output may contain secrets.
  public static let right = Right.read

  /// The id, or a suffix of at least 6 characters that only one job has.
  public var id: String
  /// Only this stream.
  public var stream: LogStream?
  /// Whether to continue with new lines until the job ends.
  public var follow: Bool?
  /// Only lines after this position.
  public var after: Int64?

  /// Requests output.
  public init(id: String, stream: LogStream? = nil, follow: Bool = false, after: Int64? = nil) {
    self.id = id
    self.stream = stream
    self.follow = follow ? true : nil
    self.after = after
  }

  /// A line, or the end of the stream.
  public struct Reply: Codable, Hashable, Sendable {
    /// The position in the output of the job, from 1 and increasing.
    public var position: Int64?
    /// The time at which it was read.
    public var at: Instant?
    /// The stream of the line.
    public var stream: Word<LogStream>?
    /// The line without its newline, if it is UTF-8.
    public var text: String?
    /// The line without its newline, if it is not UTF-8.
    public var base64: String?
    /// Whether the line continues in the next reply of the same stream; nil means no.
    public var partial: Bool?
    /// Only in the last reply: bytes of output that were counted but not stored.
    public var droppedBytes: Int64?

    /// Creates a line; bytes that are not UTF-8 are sent as base64.
    public init(position: Int64, at: Instant, stream: LogStream, bytes: [UInt8], isPartial: Bool) {
      self.position = position
      self.at = at
      self.stream = Word(stream)
      text = String(validating: bytes, as: UTF8.self)
      base64 = text == nil ? Data(bytes).base64EncodedString() : nil
      partial = isPartial ? true : nil
    }

    /// Creates the end of the stream.
    public init(droppedBytes: Int64) { self.droppedBytes = droppedBytes }

    /// The bytes of the line; nil at the end of the stream, or if the base64 is invalid.
    public var bytes: [UInt8]? {
      if let text { return Array(text.utf8) }
      return base64.flatMap { Data(base64Encoded: $0) }.map(Array.init)
    }

    enum CodingKeys: String, CodingKey {
      case position, at, stream, text, base64, partial
      case droppedBytes = "dropped_bytes"
    }
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case id, stream, follow, after
  }
}

/// A stream of a job's output.
public enum LogStream: String, CaseIterable, Codable, Sendable {
  /// Standard output, or the body of an HTTP answer.
  case stdout
  /// Standard error.
  case stderr
}
