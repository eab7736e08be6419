/// What a workflow says: the work, when, and under which policies.
///
/// One generation of a workflow is one definition.
public struct Definition: Hashable, Sendable {
  /// A sentence for people; empty if none was given.
  public var summary: String
  /// What to run.
  public var work: Work
  /// When to run; nil means on demand only.
  public var schedule: Schedule?
  /// How to run.
  public var policies: Policies
  /// The file as it was written.
  public var text: String
  /// The same without comments, blank lines and what is reset, every value on one line, in file order; a unit file of
  /// its own, and two definitions are the same generation when it is equal.
  public var canonical: String

  /// Puts a definition together; the parts are expected to be within the limits of ``Limits``.
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

/// What to run, one case for each kind.
public enum Work: Hashable, Sendable {
  /// An HTTP check.
  case heartbeat(Heartbeat)
  /// A local process.
  case command(Command)
  /// A container of an image.
  case container(Container)

  /// The kind that names the section and the built-in queue.
  public var kind: Kind {
    switch self {
    case .heartbeat: .heartbeat
    case .command: .command
    case .container: .container
    }
  }

  /// How long it may run, counted from its start; nil means for ever.
  public var timeout: Duration? {
    switch self {
    case .heartbeat(let heartbeat): heartbeat.timeout
    case .command(let command): command.timeout
    case .container(let container): container.timeout
    }
  }
}

/// When to run: every `interval` from the anchor.
public struct Schedule: Hashable, Sendable {
  /// 1 s … 366 d.
  public var interval: Duration
  /// The anchor of the grid, and the first instant of it; nil anchors it at creation.
  public var startAt: Instant?

  /// Puts a schedule together.
  public init(interval: Duration, startAt: Instant? = nil) {
    self.interval = interval
    self.startAt = startAt
  }
}

/// A request to an HTTP endpoint whose answer says whether something is alive.
public struct Heartbeat: Hashable, Sendable {
  /// An `http` or `https` URL.
  public var endpoint: String
  /// `GET`, `HEAD` or `POST`.
  public var method: String
  /// The statuses that count as alive.
  public var expectedStatus: StatusRanges
  /// Request header lines, `Name: value`, in order.
  public var headers: [String]
  /// Whether 3xx answers are followed.
  public var followsRedirects: Bool
  /// Whether ``headers`` are sent to another scheme, host or port that a redirect leads to.
  public var redirectsHeaders: Bool
  /// Whether the body is waited for; without it the header of the answer decides.
  public var readsBody: Bool
  /// Up to 5 min.
  public var timeout: Duration

  /// Puts a heartbeat together.
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

/// HTTP statuses, as codes and ranges.
public struct StatusRanges: Hashable, Sendable {
  /// In the order they were written; each within 100…599.
  public var ranges: [ClosedRange<Int>]

  /// Exactly 200.
  public static let ok = StatusRanges([200...200])

  /// Wraps the ranges.
  public init(_ ranges: [ClosedRange<Int>]) { self.ranges = ranges }

  /// Whether a status is in one of the ranges.
  public func contains(_ status: Int) -> Bool { ranges.contains { $0.contains(status) } }
}
