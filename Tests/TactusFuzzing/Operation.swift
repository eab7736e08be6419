public import TactusProtocol

/// A call of any method with checked parameters, for tests that compare calls or answer several methods.
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
  /// `io.tactus.Daemon.Examine`
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
  ///
  /// - Throws: an error of `org.varlink.service`.
  public init(_ call: Call) throws(CallFailure) {
    _ = try call.request()
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
}
