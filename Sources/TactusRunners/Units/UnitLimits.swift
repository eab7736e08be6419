import TactusLinux
import TactusModel
import TactusPorts

/// Refuses settings that systemd silently ignores: limits without a controller, and sandboxes in a user's systemd.
extension UnitRunner {
  /// Returns why a command must not run; nil if it may.
  func refusal(of command: Command, for workflow: WorkflowName?) -> String? {
    if settings.isUsersOwn, let key = command.keyForSystemOnly {
      return "\(key)= needs the systemd of the machine. The one of a user ignores or refuses it. "
        + "Remove it, or run this in the system instance"
    }
    guard !command.limits.isEmpty else { return nil }
    let missing = command.limits.controllers.filter { !ControlGroup.hasController($0) }
    return warnings.refusal(
      of: command.limits, for: workflow, missing: missing,
      because: "systemd has no controller \(missing.joined(separator: " ")) on this machine. Add "
        + "systemd.unified_cgroup_hierarchy=1 to the kernel's command line, and remove cgroup_disable= if it is there",
      journal: journal)
  }
}

extension Command {
  /// The first key that needs the privileges of systemd as process 1; nil if no key does.
  fileprivate var keyForSystemOnly: String? {
    if user != nil { return "User" }
    if group != nil { return "Group" }
    // The process itself requests these two from the kernel.
    return sandbox.first { !["NoNewPrivileges", "RestrictSUIDSGID"].contains($0.key) }?.key
  }
}
