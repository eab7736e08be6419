internal import TactusProtocol

/// One method and its handler.
///
/// A new method needs one route here, one row in ``Methods/all`` and one line in the file of its interface. Tests
/// compare them. A route has no state and may be used on any queue.
struct Route: Sendable {
  /// The full name of the method: `io.tactus.Jobs.Get`.
  let method: String
  /// Reads the parameters as the method's request, and calls the handler.
  private let handle: @Sendable (ControlAPI, Call, Principal, any ReplyChannel) throws(CallFailure) -> Void

  /// Creates the route from a request type to a method of the API.
  ///
  /// Several handlers share a name. The type of the request selects one of them.
  ///
  /// - Parameter body: the handler. It answers the exchange exactly once, now or later. If it throws instead, it has
  ///   not answered, and the API answers with the error.
  init<R: Request>(_: R.Type, _ body: @escaping @Sendable (ControlAPI) -> (Exchange<R>) throws(CallFailure) -> Void) {
    method = R.method
    handle = { (api, call, principal, channel) throws(CallFailure) in
      try body(api)(Exchange(try call.read(R.self), from: principal, over: channel))
    }
  }

  /// Reads the parameters, and has the handler answer now or later.
  ///
  /// The rights are not checked here. The handler begins on this queue.
  ///
  /// - Throws: `invalidParameter` for the first parameter that cannot be read, or the error of the handler. The call is
  ///   then not answered.
  func answer(
    _ call: Call, from principal: Principal, over channel: any ReplyChannel, by api: ControlAPI
  ) throws(CallFailure) { try handle(api, call, principal, channel) }

  /// The routes of all methods, by their full names.
  ///
  /// It is built at the first call, and traps if two routes have the same method.
  static let named: [String: Route] = Dictionary(uniqueKeysWithValues: all.map { ($0.method, $0) })

  /// The routes of all interfaces, each method once.
  private static let all: [Route] = service + daemon + workflows + jobs

  /// `org.varlink.service`: the product and its interfaces.
  private static let service = [
    Route(DescribeService.self, ControlAPI.describe),
    Route(GetInterfaceDescription.self, ControlAPI.describe),
  ]

  /// `io.tactus.Daemon`: the daemon itself, and the events.
  private static let daemon = [
    Route(Describe.self, ControlAPI.describe),
    Route(Reload.self, ControlAPI.reload),
    Route(ListProviders.self, ControlAPI.list),
    Route(Examine.self, ControlAPI.examine),
    Route(ReadEvents.self, ControlAPI.read),
  ]

  /// `io.tactus.Workflows`: definitions, runs, and queries about them.
  private static let workflows = [
    Route(ApplyWorkflow.self, ControlAPI.apply),
    Route(GetWorkflow.self, ControlAPI.get),
    Route(ListWorkflows.self, ControlAPI.list),
    Route(RunWorkflow.self, ControlAPI.run),
    Route(TerminateWorkflow.self, ControlAPI.terminate),
    Route(ResumeWorkflow.self, ControlAPI.resume),
    Route(DeleteWorkflow.self, ControlAPI.delete),
    Route(ListUpcoming.self, ControlAPI.list),
    Route(ExplainWorkflow.self, ControlAPI.explain),
    Route(ReadStatistics.self, ControlAPI.read),
  ]

  /// `io.tactus.Jobs`: single jobs, their ends and their output.
  private static let jobs = [
    Route(GetJob.self, ControlAPI.get),
    Route(ListJobs.self, ControlAPI.list),
    Route(ExplainJob.self, ControlAPI.explain),
    Route(WaitForJobs.self, ControlAPI.wait),
    Route(ScheduleJob.self, ControlAPI.schedule),
    Route(CancelJobs.self, ControlAPI.cancel),
    Route(ReadLogs.self, ControlAPI.read),
  ]
}
