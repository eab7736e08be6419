/// The content of a workflow: the work, its schedule, and its policies.
///
/// Each generation of a workflow has one definition.
public struct Definition: Hashable, Sendable {
  /// The text of `Description=`; empty if not given.
  public var summary: String
  /// The work to run.
  public var work: Work
  /// The schedule; nil if it only runs on demand.
  public var schedule: Schedule?
  /// The policies.
  public var policies: Policies
  /// The text of the unit file as written.
  public var text: String
  /// The unit file without comments, blank lines and values that are reset, each value on one line, in file order.
  ///
  /// It is a complete unit file. Two definitions with equal canonical texts are the same generation.
  public var canonical: String

  /// Creates a definition; all parts must be within ``Limits``.
  public init(
    summary: String = "", work: Work, schedule: Schedule? = nil, policies: Policies,
    text: String, canonical: String
  ) {
    self.summary = summary
    self.work = work
    self.schedule = schedule
    self.policies = policies
    self.text = text
    self.canonical = canonical
  }
}

/// The work of a workflow, one case per kind.
public enum Work: Hashable, Sendable {
  /// An HTTP check.
  case heartbeat(Heartbeat)
  /// A local process.
  case command(Command)
  /// A container of an image.
  case container(Container)

  /// The kind, which names the section and the built-in queue.
  public var kind: Kind {
    switch self {
    case .heartbeat: .heartbeat
    case .command: .command
    case .container: .container
    }
  }

  /// The time-out, counted from the start; nil for no limit.
  public var timeout: Duration? {
    switch self {
    case .heartbeat(let heartbeat): heartbeat.timeout
    case .command(let command): command.timeout
    case .container(let container): container.timeout
    }
  }
}

/// A schedule: every `interval` from the anchor.
public struct Schedule: Hashable, Sendable {
  /// The interval: 1 s … 366 d.
  public var interval: Duration
  /// The anchor and first instant of the grid; nil if the time of creation is the anchor.
  public var startAt: Instant?

  /// Creates a schedule.
  public init(interval: Duration, startAt: Instant? = nil) {
    self.interval = interval
    self.startAt = startAt
  }
}

/// A request to an HTTP endpoint whose answer shows whether a service is alive.
public struct Heartbeat: Hashable, Sendable {
  /// An `http` or `https` URL.
  public var endpoint: String
  /// The method: `GET`, `HEAD` or `POST`.
  public var method: String
  /// The statuses that count as success.
  public var expectedStatus: StatusRanges
  /// Request header lines, `Name: value`, in order.
  public var headers: [String]
  /// Whether 3xx answers are followed.
  public var followsRedirects: Bool
  /// Whether ``headers`` are also sent to a redirect target with another scheme, host or port.
  public var redirectsHeaders: Bool
  /// Whether the body is read; otherwise the header of the answer decides.
  public var readsBody: Bool
  /// The time-out; at most 5 min.
  public var timeout: Duration

  /// Creates a heartbeat; the defaults are those of a unit file.
  public init(
    endpoint: String, method: String = "GET", expectedStatus: StatusRanges = .ok, headers: [String] = [],
    followsRedirects: Bool = true, redirectsHeaders: Bool = false, readsBody: Bool = true,
    timeout: Duration = .seconds(10)
  ) {
    self.endpoint = endpoint
    self.method = method
    self.expectedStatus = expectedStatus
    self.headers = headers
    self.followsRedirects = followsRedirects
    self.redirectsHeaders = redirectsHeaders
    self.readsBody = readsBody
    self.timeout = timeout
  }
}

/// A set of HTTP statuses, as codes and ranges.
public struct StatusRanges: Hashable, Sendable {
  /// The ranges in the order they were written; each within 100…599.
  public var ranges: [ClosedRange<Int>]

  /// The status 200 only.
  public static let ok = StatusRanges([200...200])

  /// Creates a set from ranges.
  public init(_ ranges: [ClosedRange<Int>]) { self.ranges = ranges }

  /// Whether a status is in the set.
  public func contains(_ status: Int) -> Bool { ranges.contains { $0.contains(status) } }
}
