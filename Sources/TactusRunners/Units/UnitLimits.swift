import Glibc
import TactusLinux
import TactusModel
import TactusPorts

/// Limits that systemd passes over in silence where the kernel has no controller for them.
extension UnitRunner {
  /// Why a command must not run; nil if it may.
  ///
  /// Tells once that limits are not enforced.
  func examineLimits(of command: Command) -> String? {
    guard !command.limits.isEmpty else { return nil }
    let missing = command.limits.controllers.filter { !ControlGroup.hasController($0) }
    guard !missing.isEmpty else { return nil }
    let names = missing.joined(separator: ", ")
    if command.limits.isStrict {
      return "its limits cannot be enforced: this machine has no control group controller \(names); "
        + "remove StrictLimits=yes to run it without"
    }
    if !isLimitTold {
      isLimitTold = true
      journal.tell(
        JournalEntry(
          .warning, "limits of commands are not enforced: this machine has no control group controller \(names)"))
    }
    return nil
  }
}

extension CommandLimits {
  /// The controllers of cgroups(7) that the limits need.
  fileprivate var controllers: [String] {
    [(memoryMax != nil, "memory"), (cpuQuota != nil, "cpu"), (tasksMax != nil, "pids")].filter(\.0).map(\.1)
  }
}
