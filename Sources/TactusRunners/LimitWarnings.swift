import TactusModel
import TactusPorts

/// Limits that nothing enforces: refused where they must hold, else told once for each workflow.
struct LimitWarnings {
  private var told: [WorkflowName?: [String]] = [:]

  /// Why a job must not run; nil if it may, which is told to the operator if its limits then do not hold.
  ///
  /// - Parameters:
  ///   - missing: the controllers of cgroups(7) that would enforce them and are not there.
  ///   - reason: why they are not there, and what would bring them.
  mutating func refusal(
    of limits: CommandLimits, for workflow: WorkflowName?, missing: [String], because reason: String,
    journal: any Journal
  ) -> String? {
    guard !missing.isEmpty else { return nil }
    let sentence = "no control of \(Self.words(missing)), because \(reason)"
    if limits.isStrict { return "limits cannot be enforced: \(sentence); StrictLimits=no would run it without" }
    guard told[workflow] != missing else { return nil }
    told[workflow] = missing
    let jobs = workflow.map { "workflow \($0)" } ?? "a job without a workflow"
    journal.tell(
      JournalEntry(
        .limitsNotApplied, "limits of \(jobs) are not enforced: \(sentence); StrictLimits=yes would refuse its jobs",
        fields: [.workflow: workflow?.text ?? ""]))
    return nil
  }

  /// What a list of controllers controls.
  private static func words(_ controllers: [String]) -> String {
    let words = ["memory": "memory", "cpu": "CPU time", "pids": "the number of tasks"]
    return controllers.compactMap { words[$0] }.joined(separator: " and ")
  }
}

extension CommandLimits {
  /// The controllers that enforce it.
  var controllers: [String] {
    [memoryMax.map { _ in "memory" }, cpuQuota.map { _ in "cpu" }, tasksMax.map { _ in "pids" }].compactMap(\.self)
  }
}
