/// Keys and sections of systemd units and crontabs, and the way to say the same in a workflow file.
enum ForeignWords {
  /// The answer to a foreign key.
  struct Key {
    /// A sentence without its full stop: what to write instead, or that Tactus cannot do it.
    let hint: String
    /// The key that the hint asks for, so that its absence is not reported also; nil if it asks for no key.
    var meant: String?

    init(_ hint: String, meant: String? = nil) { (self.hint, self.meant) = (hint, meant) }
  }

  /// Keys of systemd and cron, grouped by subject.
  static let keys: [String: Key] = [schedules, programs, resources, behaviour, surroundings, dependencies, crontab]
    .reduce(into: [:]) { $0.merge($1) { first, _ in first } }

  /// Returns the answer to a key; nil for a key that neither systemd nor cron has.
  static func key(_ name: String) -> Key? { keys[name] ?? ForeignUnitKeys.hint(of: name).map { Key($0) } }

  private static func same(_ keys: String..., key: Key) -> [String: Key] {
    Dictionary(uniqueKeysWithValues: keys.map { ($0, key) })
  }

  private static let startAt = "StartAt=2026-12-01T03:00:00Z"

  private static let calendar = Key(
    "Calendars are not supported. Use Interval=, for example Interval=1d, and set the first run with \(startAt)",
    meant: "Interval")

  private static let schedules: [String: Key] = [
    "OnCalendar": calendar,
    "OnUnitActiveSec": Key("Use Interval=, for example Interval=15min", meant: "Interval"),
    "OnUnitInactiveSec": Key(
      "A schedule cannot count from the end of the last run. Use Interval=, for example Interval=15min, which is a "
        + "fixed grid", meant: "Interval"),
    "OnActiveSec": Key(
      "Use Interval=, for example Interval=15min. The first run is one interval after the workflow is created, or at "
        + startAt, meant: "Interval"),
    "Every": Key("Use Interval=, for example Interval=15min", meant: "Interval"),
    "Cron": calendar,
    "Persistent": Key("Use Misfire=latest in [Workflow], which is the default, or Misfire=skip for Persistent=no"),
    "WakeSystem": Key("Tactus does not wake a suspended machine"),
    "Unit": Key("Put [Command] into the same file"),
  ].merging(same("OnBootSec", "OnStartupSec", key: atBoot)) { first, _ in first }
    .merging(
      same(
        "RandomizedDelaySec", "AccuracySec", "FixedRandomDelay",
        key: Key("Runs start on time. Use StartAt= to spread them, or MaxRunning= of the queue to let them wait"))
    ) { first, _ in first }

  /// A start at boot, which an interval cannot replace.
  private static let atBoot = Key(
    "Tactus runs nothing at boot. Use a systemd unit with After=tactusd.service and "
      + "ExecStart=/usr/bin/tactusctl run NAME",
    meant: "Interval")

  private static let timeout = Key("Use Timeout=, for example Timeout=1h")

  private static let programs: [String: Key] = [
    "ExecStart": Key("Use Exec= in [Command]", meant: "Exec"),
    "ExecReload": Key("A running job is not reloaded"),
  ].merging(
    same(
      "ExecStartPre", "ExecStartPost", "ExecStop", "ExecStopPost", "ExecCondition",
      key: Key("[Command] has one Exec=. Write a script, or /bin/sh -c '…', that runs one after the other"))
  ) { first, _ in first }

  private static let resources: [String: Key] =
    same("MemoryLimit", "MemoryHigh", key: Key("Use MemoryMax=, for example MemoryMax=512M"))
    .merging(same("CPUWeight", "CPUShares", key: Key("Use CPUQuota=, for example CPUQuota=50%"))) { first, _ in first
    }
    .merging(
      same(
        "LimitNOFILE", "LimitCORE", "LimitNPROC", "LimitFSIZE", "LimitAS", "LimitMEMLOCK",
        key: Key("Use Exec=/bin/sh -c 'ulimit …; exec /the/program'"))
    ) { first, _ in first }
    .merging(
      same(
        "IOWeight", "IOReadBandwidthMax", "IOWriteBandwidthMax",
        key: Key("The supported limits are MemoryMax=, CPUQuota= and TasksMax="))
    ) { first, _ in first }
    .merging(
      same(
        "KillSignal", "SendSIGKILL",
        key: Key("A stop sends TERM to all processes of the job, and KILL two seconds later"))
    ) { first, _ in first }
    .merging(
      same(
        "AmbientCapabilities", "CapabilityBoundingSet",
        key: Key("Use User= to choose the rights of the job, and NoNewPrivileges= to keep it from gaining more"))
    ) { first, _ in first }

  private static let behaviour: [String: Key] = [
    "TimeoutStartSec": timeout, "TimeoutSec": timeout, "RuntimeMaxSec": timeout,
    "TimeoutStopSec": Key("A stop sends KILL 2 seconds after TERM"),
    "Nice": Key("Use Exec=/usr/bin/nice -n 10 and the program"),
    "Type": Key("A job runs from the start of its program to the exit, as with Type=exec"),
    "RemainAfterExit": Key("A job ends when its program exits"),
    "SuccessExitStatus": Key("Only exit code 0 is success. Use /bin/sh -c '…' to map another code to 0"),
  ].merging(
    same(
      "IOSchedulingClass", "IOSchedulingPriority",
      key: Key("Use Exec=/usr/bin/ionice -c 3 and the program"))
  ) { first, _ in first }
  .merging(
    same(
      "CPUSchedulingPolicy", "CPUSchedulingPriority",
      key: Key("Use Exec=/usr/bin/chrt --idle 0 and the program"))
  ) { first, _ in first }
  .merging(
    same(
      "Restart", "RestartSec",
      key: Key("A job runs once. The next run starts by the schedule, or by tactusctl run"))
  ) { first, _ in first }

  private static let surroundings: [String: Key] = [
    "SyslogIdentifier": Key("It is always the name of the workflow. Run journalctl -t NAME to see the output"),
    "DynamicUser": Key("Use User= to name an existing account. Without it the job runs as tactus-job"),
    "UMask": Key("Use Exec=/bin/sh -c 'umask 077; …'"),
  ].merging(
    same(
      "StandardOutput", "StandardError",
      key: Key(
        "Tactus keeps the output. Run tactusctl logs ID or journalctl -t NAME to see it, or set MergeOutput=yes in "
          + "[Command] to merge both streams"
      ))
  ) { first, _ in first }
  .merging(
    same(
      "StateDirectory", "RuntimeDirectory", "CacheDirectory", "LogsDirectory",
      key: Key("Create the directory once, and name it in Exec= or WorkingDirectory="))
  ) { first, _ in first }

  private static let dependencies: [String: Key] =
    same(
      "OnFailure", "OnSuccess",
      key: Key("Run a program that reads tactusctl events --follow, which reports how each job ended")
    ).merging(
      same(
        "After", "Before", "Requires", "Wants", "BindsTo", "PartOf", "Conflicts",
        key: Key("Workflows do not depend on each other or on units"))
    ) { first, _ in first }
    .merging(same("WantedBy", "RequiredBy", "Also", "Alias", key: Key(inForce))) { first, _ in first }

  private static let inForce = "A file in workflows/ needs no enabling. Run tactusctl reload to put it into force"

  /// Variables at the head of a crontab.
  static let crontab: [String: Key] = [
    "MAILTO": Key(
      "Tactus sends no mail. Run tactusctl list-jobs --status=FAILED, and tactusctl logs ID for the output"),
    "SHELL": Key("No shell reads Exec=. Name one there, as in Exec=/bin/bash -c '…'"),
    "CRON_TZ": timeZone, "TimeZone": timeZone,
    "PATH": Key("Use Environment=PATH=/usr/local/bin:/usr/bin:/bin in [Command]"),
    "HOME": Key("Use Environment=HOME=/the/directory in [Command], or WorkingDirectory="),
  ]

  private static let timeZone = Key(
    "Time zones are not supported. Give StartAt= an offset, as in StartAt=2026-12-01T03:00:00+01:00")

  /// Sections of systemd units: the hint, and the section to use instead, if there is one.
  static let sections: [String: (hint: String, meant: String?)] = [
    "Timer": ("Use [Schedule]", "Schedule"), "Service": ("Use [Command]", "Command"),
    "Unit": ("Use [Workflow]", "Workflow"), "Install": (inForce, nil),
  ]
}
