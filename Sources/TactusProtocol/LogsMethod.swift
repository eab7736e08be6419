internal import FoundationEssentials
public import TactusModel

/// `io.tactus.Jobs.Logs`: the stored output of a job, a stream of lines.
public struct ReadLogs: Request {
  /// The full name.
  public static let method = "io.tactus.Jobs.Logs"
  /// Those of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// Wants `more`.
  public static let isStream = true
  /// Output may hold secrets.
  public static let right = Right.read

  /// The id, or a suffix of it of at least 6 characters that only one job has.
  public var id: String
  /// Only this stream.
  public var stream: LogStream?
  /// Whether to go on with what is still to come, until the job ends.
  public var follow: Bool?
  /// Only what comes after this position.
  public var after: Int64?

  /// Asks for output.
  public init(id: String, stream: LogStream? = nil, follow: Bool = false, after: Int64? = nil) {
    self.id = id
    self.stream = stream
    self.follow = follow ? true : nil
    self.after = after
  }

  /// A line, or the end of the stream.
  public struct Reply: Codable, Hashable, Sendable {
    /// Its place in the job's output, from 1 and rising.
    public var position: Int64?
    /// When it was read.
    public var at: Instant?
    /// Where it came from.
    public var stream: Word<LogStream>?
    /// The line without its newline, if it is UTF-8.
    public var text: String?
    /// The line without its newline, if it is not UTF-8.
    public var base64: String?
    /// Whether the line goes on in the next reply of the same stream; nil means no.
    public var partial: Bool?
    /// On the last reply: output counted but not stored.
    public var droppedBytes: Int64?

    /// A line; bytes that are not UTF-8 travel as base64.
    public init(position: Int64, at: Instant, stream: LogStream, bytes: [UInt8], isPartial: Bool) {
      self.position = position
      self.at = at
      self.stream = Word(stream)
      text = String(validating: bytes, as: UTF8.self)
      base64 = text == nil ? Data(bytes).base64EncodedString() : nil
      partial = isPartial ? true : nil
    }

    /// The end.
    public init(droppedBytes: Int64) { self.droppedBytes = droppedBytes }

    /// The line as it was; nil at the end of the stream, or if the base64 is none.
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
  /// Standard output, or the body of an answer.
  case stdout
  /// Standard error.
  case stderr
}
