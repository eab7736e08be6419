/// Any call that the daemon understands, its parameters read and checked: a switch over it serves every method.
public enum Operation: Hashable, Sendable {
  /// `org.varlink.service.GetInfo`
  case describeService(DescribeService)
  /// `org.varlink.service.GetInterfaceDescription`
  case getInterfaceDescription(GetInterfaceDescription)
  /// `io.tactus.Daemon.Describe`
  case describe(Describe)
  /// `io.tactus.Daemon.Reload`
  case reload(Reload)
  /// `io.tactus.Daemon.Providers`
  case listProviders(ListProviders)
  /// What the machine gives the daemon.
  case examine(Examine)
  /// `io.tactus.Daemon.Events`
  case readEvents(ReadEvents)
  /// `io.tactus.Workflows.Apply`
  case applyWorkflow(ApplyWorkflow)
  /// `io.tactus.Workflows.Get`
  case getWorkflow(GetWorkflow)
  /// `io.tactus.Workflows.List`
  case listWorkflows(ListWorkflows)
  /// `io.tactus.Workflows.Upcoming`
  case listUpcoming(ListUpcoming)
  /// `io.tactus.Workflows.Why`
  case explainWorkflow(ExplainWorkflow)
  /// `io.tactus.Workflows.Statistics`
  case readStatistics(ReadStatistics)
  /// `io.tactus.Workflows.Run`
  case runWorkflow(RunWorkflow)
  /// `io.tactus.Workflows.Terminate`
  case terminateWorkflow(TerminateWorkflow)
  /// `io.tactus.Workflows.Resume`
  case resumeWorkflow(ResumeWorkflow)
  /// `io.tactus.Workflows.Delete`
  case deleteWorkflow(DeleteWorkflow)
  /// `io.tactus.Jobs.Get`
  case getJob(GetJob)
  /// `io.tactus.Jobs.List`
  case listJobs(ListJobs)
  /// `io.tactus.Jobs.Why`
  case explainJob(ExplainJob)
  /// `io.tactus.Jobs.Wait`
  case waitForJobs(WaitForJobs)
  /// `io.tactus.Jobs.Schedule`
  case scheduleJob(ScheduleJob)
  /// `io.tactus.Jobs.Cancel`
  case cancelJobs(CancelJobs)
  /// `io.tactus.Jobs.Logs`
  case readLogs(ReadLogs)

  /// Reads a call.
  /// - Throws: the error of `org.varlink.service` that says what is wrong with it.
  public init(_ call: Call) throws(CallFailure) {
    guard !call.wantsUpgrade else { throw .invalidParameter(parameter: "upgrade") }
    guard let request = Self.requests[call.method] else {
      throw Interface(rawValue: call.interface) == nil
        ? .interfaceNotFound(interface: call.interface) : .methodNotFound(method: call.method)
    }
    guard call.wantsMore || !request.isStream else { throw .expectedMore }
    switch call.method {
    case DescribeService.method: self = .describeService(try call.read(DescribeService.self))
    case GetInterfaceDescription.method:
      self = .getInterfaceDescription(try call.read(GetInterfaceDescription.self))
    case Describe.method: self = .describe(try call.read(Describe.self))
    case Reload.method: self = .reload(try call.read(Reload.self))
    case Examine.method: self = .examine(try call.read(Examine.self))
    case ListProviders.method: self = .listProviders(try call.read(ListProviders.self))
    case ApplyWorkflow.method: self = .applyWorkflow(try call.read(ApplyWorkflow.self))
    case GetWorkflow.method: self = .getWorkflow(try call.read(GetWorkflow.self))
    case ListWorkflows.method: self = .listWorkflows(try call.read(ListWorkflows.self))
    case RunWorkflow.method: self = .runWorkflow(try call.read(RunWorkflow.self))
    case TerminateWorkflow.method: self = .terminateWorkflow(try call.read(TerminateWorkflow.self))
    case ResumeWorkflow.method: self = .resumeWorkflow(try call.read(ResumeWorkflow.self))
    case GetJob.method: self = .getJob(try call.read(GetJob.self))
    case ListJobs.method: self = .listJobs(try call.read(ListJobs.self))
    case CancelJobs.method: self = .cancelJobs(try call.read(CancelJobs.self))
    case ReadLogs.method: self = .readLogs(try call.read(ReadLogs.self))
    case ReadEvents.method: self = .readEvents(try call.read(ReadEvents.self))
    case ListUpcoming.method: self = .listUpcoming(try call.read(ListUpcoming.self))
    case ExplainWorkflow.method: self = .explainWorkflow(try call.read(ExplainWorkflow.self))
    case ReadStatistics.method: self = .readStatistics(try call.read(ReadStatistics.self))
    case DeleteWorkflow.method: self = .deleteWorkflow(try call.read(DeleteWorkflow.self))
    case ExplainJob.method: self = .explainJob(try call.read(ExplainJob.self))
    case WaitForJobs.method: self = .waitForJobs(try call.read(WaitForJobs.self))
    case ScheduleJob.method: self = .scheduleJob(try call.read(ScheduleJob.self))
    default: throw .methodNotImplemented(method: call.method)
    }
  }

  /// Every method there is, by its name.
  public static let requests: [String: any Request.Type] = Dictionary(
    uniqueKeysWithValues: all.map { ($0.method, $0) })

  private static let all: [any Request.Type] = [
    DescribeService.self, GetInterfaceDescription.self, Describe.self, Reload.self, ListProviders.self, Examine.self,
    ReadEvents.self,
    ApplyWorkflow.self, GetWorkflow.self, ListWorkflows.self, ListUpcoming.self, ExplainWorkflow.self,
    ReadStatistics.self, RunWorkflow.self, TerminateWorkflow.self, ResumeWorkflow.self, DeleteWorkflow.self,
    GetJob.self, ListJobs.self, ExplainJob.self, WaitForJobs.self, ScheduleJob.self, CancelJobs.self, ReadLogs.self,
  ]

  /// Methods whose calls, one after another on one connection, may be under way together.
  ///
  /// Each is a write that happens in the order of the calls, so that many share one commit.
  public static let overlapping: Set<String> = [RunWorkflow.method]
}
