/// `io.tactus.Jobs.Schedule`: sets the start time of a held or scheduled MANUAL job.
public struct ScheduleJob: Request {
  /// The full name of the method.
  public static let method = "io.tactus.Jobs.Schedule"
  /// The names of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// Changes need the admin right.
  public static let right = Right.admin

  /// The id, or a suffix of at least 6 characters that only one job has.
  public var id: String
  /// RFC 3339 with an offset; as text, so that the daemon can report a missing offset.
  public var at: String

  /// Creates a request.
  public init(id: String, at: String) {
    self.id = id
    self.at = at
  }

  /// A reply without parameters.
  public typealias Reply = Done

  enum CodingKeys: String, CodingKey, CaseIterable {
    case id, at
  }
}

/// `io.tactus.Jobs.Wait`: a stream of jobs, each when it ends.
public struct WaitForJobs: Request {
  /// The full name of the method.
  public static let method = "io.tactus.Jobs.Wait"
  /// The names of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// A stream, which needs `more`.
  public static let isStream = true
  /// Open to all users.
  public static let right = Right.look

  /// Ids or unique suffixes of at least 6 characters, 1 … 1000.
  public var ids: [String]

  /// Creates a request.
  public init(ids: [String]) { self.ids = ids }

  /// A job that has ended; the last reply is the last job.
  public struct Reply: Codable, Hashable, Sendable {
    /// The job.
    public var job: WireJob

    /// Creates a reply.
    public init(job: WireJob) { self.job = job }
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case ids
  }
}
