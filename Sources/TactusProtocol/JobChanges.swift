/// `io.tactus.Jobs.Schedule`: gives a held job its time, or a scheduled MANUAL one another.
public struct ScheduleJob: Request {
  /// The full name.
  public static let method = "io.tactus.Jobs.Schedule"
  /// Those of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// A change.
  public static let right = Right.admin

  /// The id, or a suffix of it of at least 6 characters that only one job has.
  public var id: String
  /// RFC 3339 with an offset: text, so that the daemon can refuse a missing offset with a reason.
  public var at: String

  /// Asks for it.
  public init(id: String, at: String) {
    self.id = id
    self.at = at
  }

  /// Nothing to say.
  public typealias Reply = Done

  enum CodingKeys: String, CodingKey, CaseIterable {
    case id, at
  }
}

/// `io.tactus.Jobs.Wait`: each job as it ends, a stream.
public struct WaitForJobs: Request {
  /// The full name.
  public static let method = "io.tactus.Jobs.Wait"
  /// Those of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// Wants `more`.
  public static let isStream = true
  /// What a list shows.
  public static let right = Right.look

  /// Ids or unique suffixes of at least 6 characters, 1 … 1000.
  public var ids: [String]

  /// Asks for it.
  public init(ids: [String]) { self.ids = ids }

  /// A job that has ended; the last reply is the last of them.
  public struct Reply: Codable, Hashable, Sendable {
    /// The job.
    public var job: WireJob

    /// Wraps it.
    public init(job: WireJob) { self.job = job }
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case ids
  }
}
