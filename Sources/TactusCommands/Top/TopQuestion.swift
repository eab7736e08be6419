import TactusModel
import TactusProtocol
import TactusTransport

/// A query of `top` to the daemon.
enum TopQuestion: Hashable {
  case daemon
  case running
  case ends
  case upcoming
  /// A page of all workflows; nil for the first page.
  case workflows(after: String?)
  case job(String)
  case workflow(String)

  /// More rows than any terminal has.
  static let limit = 200

  var call: Call {
    switch self {
    case .daemon: Call(Describe())
    case .running: Call(ListJobs(status: [.running], limit: Self.limit))
    case .ends: Call(ListJobs(status: JobStatus.allCases.filter(\.isTerminal), limit: Self.limit))
    case .upcoming: Call(ListUpcoming(limit: Self.limit))
    case .workflows(let cursor): Call(ListWorkflows(cursor: cursor, limit: 1000))
    case .job(let id): Call(GetJob(id: id))
    case .workflow(let name): Call(GetWorkflow(name: name, definition: false))
    }
  }

  /// Decodes the reply.
  ///
  /// - Throws: ``MalformedMessage``, or ``ControlError`` for a failure other than "not found".
  func answer(_ reply: Reply) throws -> TopAnswer {
    if let failure = reply.failure {
      guard case .notFound = failure else { throw ControlError.failed(failure) }
      return .none(self)
    }
    switch self {
    case .daemon: return .daemon(try reply.read(Describe.Reply.self))
    case .running: return .running(try reply.read(ListJobs.Reply.self).jobs)
    case .ends: return .ends(try reply.read(ListJobs.Reply.self).jobs)
    case .upcoming: return .upcoming(try reply.read(ListUpcoming.Reply.self).runs)
    case .workflows(let cursor):
      let page = try reply.read(ListWorkflows.Reply.self)
      return .workflows(page.workflows, isFirst: cursor == nil, next: page.nextCursor)
    case .job: return .job(try reply.read(GetJob.Reply.self).job)
    case .workflow: return .workflow(try reply.read(GetWorkflow.Reply.self).workflow)
    }
  }
}

/// An answer of the daemon.
enum TopAnswer {
  case daemon(Describe.Reply)
  case running([WireJob])
  case ends([WireJob])
  case upcoming([WireUpcoming])
  case workflows([WireWorkflow], isFirst: Bool, next: String?)
  case job(WireJob)
  case workflow(WireWorkflow)
  /// The job or workflow no longer exists.
  case none(TopQuestion)
}
