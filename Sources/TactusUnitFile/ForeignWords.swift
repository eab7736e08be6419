/// Words that people bring along from units of systemd, and what says the same here.
enum ForeignWords {
  /// Behind a key that is none: what to write, and which key was meant.
  static let keys: [String: (hint: String, meant: String)] = [
    "OnCalendar": (
      "there is no calendar: write Interval=, for example Interval=1d, and the first run as "
        + "StartAt=2026-12-01T03:00:00Z", "Interval"
    ),
    "OnUnitActiveSec": ("write Interval=, for example Interval=15min", "Interval"),
    "OnBootSec": ("write Interval=, for example Interval=15min", "Interval"),
    "ExecStart": ("write Exec= in [Command]", "Exec"),
  ]

  /// The section that stands for one of systemd's.
  static let sections = ["Timer": "Schedule", "Service": "Command", "Unit": "Workflow"]
}
