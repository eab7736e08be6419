import TactusLinux
import TactusModel
import TactusPorts

/// What systemd passes over in silence: limits without a controller, and sandboxes that a user's own systemd cannot make.
extension UnitRunner {
  /// Why a command must not run; nil if it may.
  func refusal(of command: Command, for workflow: WorkflowName?) -> String? {
    if settings.isUsersOwn, let key = command.keyForSystemOnly {
      return "\(key)= needs the systemd of the machine, and the one of a user passes over it or refuses it: "
        + "remove it, or run this in the system instance"
    }
    guard !command.limits.isEmpty else { return nil }
    let missing = command.limits.controllers.filter { !ControlGroup.hasController($0) }
    return warnings.refusal(
      of: command.limits, for: workflow, missing: missing,
      because: "systemd has no controller \(missing.joined(separator: " ")) on this machine: "
        + "systemd.unified_cgroup_hierarchy=1 on the kernel's command line brings them, unless cgroup_disable= is there",
      journal: journal)
  }
}

extension Command {
  /// The first key that only systemd as process 1 can serve, because it takes privileges.
  fileprivate var keyForSystemOnly: String? {
    if user != nil { return "User" }
    if group != nil { return "Group" }
    // These two are asked of the kernel by the process itself.
    return sandbox.first { !["NoNewPrivileges", "RestrictSUIDSGID"].contains($0.key) }?.key
  }
}
