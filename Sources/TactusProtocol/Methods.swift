/// The methods of all interfaces.
public enum Methods {
  /// Every method: each has a row here, a route in TactusControl and a line in its interface's file, which tests compare.
  public static let all: [any Request.Type] = [
    DescribeService.self, GetInterfaceDescription.self, Describe.self, Reload.self, ListProviders.self, Examine.self,
    ReadEvents.self,
    ApplyWorkflow.self, GetWorkflow.self, ListWorkflows.self, ListUpcoming.self, ExplainWorkflow.self,
    ReadStatistics.self, RunWorkflow.self, TerminateWorkflow.self, ResumeWorkflow.self, DeleteWorkflow.self,
    GetJob.self, ListJobs.self, ExplainJob.self, WaitForJobs.self, ScheduleJob.self, CancelJobs.self, ReadLogs.self,
  ]

  /// The methods by their full names.
  public static let named: [String: any Request.Type] = Dictionary(uniqueKeysWithValues: all.map { ($0.method, $0) })
}

extension Call {
  /// Returns the called method.
  ///
  /// - Throws: an error of `org.varlink.service`, if there is no such method or it cannot be called in this way.
  public func request() throws(CallFailure) -> any Request.Type {
    guard !wantsUpgrade else { throw .invalidParameter(parameter: "upgrade") }
    guard let request = Methods.named[method] else {
      throw Interface(rawValue: interface) == nil
        ? .interfaceNotFound(interface: interface) : .methodNotFound(method: method)
    }
    guard wantsMore || !request.isStream else { throw .expectedMore }
    return request
  }
}
