/// What this process may ask of systemd, as far as it was told.
public enum UnitRight: Hashable, Sendable {
  /// It may start units.
  case granted
  /// polkit was asked, and says no.
  case denied
  /// polkit, whom systemd asks, does not answer, for this reason: so systemd says no.
  case undecided(String)
  /// systemd does not answer, for this reason.
  case unreached(String)
}

extension UnitRight {
  /// The command that has polkit let the daemon of the system start units.
  public static let rule =
    "sudo ln -s /usr/share/tactus/polkit/tactus.rules /etc/polkit-1/rules.d/50-tactus.rules"
  /// What to do where that was done before, to no effect.
  ///
  /// The daemon cannot see whether it was: nobody but polkit may look into the directory of its rules.
  public static let remedyForRule = "if that link is there, polkit has not read it: sudo systemctl restart polkit"
  /// What has polkit answer.
  public static let remedyForPolkit = "sudo apt install polkitd, or sudo systemctl unmask polkit if it is masked"
}
