/// Whether this process may start units of systemd, according to the last answers of systemd and polkit.
public enum UnitRight: Hashable, Sendable {
  /// It may start units.
  case granted
  /// polkit was asked and refused.
  case denied
  /// polkit, which systemd asks, does not answer, for this reason. So systemd refuses.
  case undecided(String)
  /// systemd does not answer, for this reason.
  case unreached(String)
}

extension UnitRight {
  /// The shell command that enables the polkit rule, which allows the system's daemon to start units.
  public static let rule =
    "sudo ln -s /usr/share/tactus/polkit/tactus.rules /etc/polkit-1/rules.d/50-tactus.rules"
  /// The sentence for an existing rule that has no effect, without a full stop.
  ///
  /// The daemon cannot see whether the rule exists: only polkit may read the directory of its rules.
  public static let remedyForRule = "If that link exists, polkit has not read it. Run sudo systemctl restart polkit"
  /// The shell commands that make polkit answer.
  public static let remedyForPolkit = "sudo apt install polkitd, or sudo systemctl unmask polkit if it is masked"
}
