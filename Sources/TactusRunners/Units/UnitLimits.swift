import TactusLinux
import TactusModel
import TactusPorts

/// Limits that systemd passes over in silence where the kernel has no controller for them.
extension UnitRunner {
  /// Why a command must not run; nil if it may.
  func examineLimits(of command: Command, for workflow: WorkflowName?) -> String? {
    guard !command.limits.isEmpty else { return nil }
    let missing = command.limits.controllers.filter { !ControlGroup.hasController($0) }
    return warnings.refusal(
      of: command.limits, for: workflow, missing: missing,
      because: "this machine has no controller \(missing.joined(separator: " ")): see cgroup_disable= of the kernel",
      journal: journal)
  }
}
