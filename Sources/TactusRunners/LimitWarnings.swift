import TactusModel
import TactusPorts

/// Handles limits that nothing enforces: refuses jobs with strict limits, warns once per workflow about others.
struct LimitWarnings {
  private var reported: [WorkflowName?: [String]] = [:]

  /// Returns why a job must not run; nil if it may.
  ///
  /// If it may run without its limits, the operator is warned.
  ///
  /// - Parameters:
  ///   - missing: the controllers of cgroups(7) that the limits need and that are unavailable.
  ///   - reason: the reason why they are unavailable. A sentence with the way out follows it.
  mutating func refusal(
    of limits: CommandLimits, for workflow: WorkflowName?, missing: [String], because reason: String,
    journal: any Journal
  ) -> String? {
    guard !missing.isEmpty else { return nil }
    let sentence = "\(Self.words(missing)) cannot be limited, because \(reason)"
    if limits.isStrict { return "limits cannot be enforced: \(sentence). Set StrictLimits=no to run it without limits" }
    guard reported[workflow] != missing else { return nil }
    reported[workflow] = missing
    let jobs = workflow.map { "workflow \($0)" } ?? "a job without a workflow"
    journal.report(
      JournalEntry(
        .limitsNotApplied, "limits of \(jobs) are not enforced: \(sentence). Set StrictLimits=yes to refuse its jobs",
        fields: [.workflow: workflow?.text ?? ""]))
    return nil
  }

  /// The resources that a list of controllers controls.
  private static func words(_ controllers: [String]) -> String {
    let words = ["memory": "memory", "cpu": "CPU time", "pids": "the number of tasks"]
    return controllers.compactMap { words[$0] }.joined(separator: " and ")
  }
}

extension CommandLimits {
  /// The controllers that enforce the limits.
  var controllers: [String] {
    [memoryMax.map { _ in "memory" }, cpuQuota.map { _ in "cpu" }, tasksMax.map { _ in "pids" }].compactMap(\.self)
  }
}
