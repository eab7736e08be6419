/// Words that people bring along from units of systemd and from crontabs, and what says the same here.
enum ForeignWords {
  /// What there is in the place of a key.
  struct Key {
    /// What to write, or that there is none.
    let hint: String
    /// The key whose absence is thereby told; nil for none.
    var meant: String?

    init(_ hint: String, meant: String? = nil) { (self.hint, self.meant) = (hint, meant) }
  }

  /// Keys of other programs, by what they are about.
  static let keys: [String: Key] = [schedules, programs, resources, behaviour, surroundings, dependencies, crontab]
    .reduce(into: [:]) { $0.merge($1) { first, _ in first } }

  /// What there is in the place of a key; nil for a key of nobody.
  static func key(_ name: String) -> Key? { keys[name] ?? ForeignUnitKeys.hint(of: name).map { Key($0) } }

  private static func same(_ keys: String..., key: Key) -> [String: Key] {
    Dictionary(uniqueKeysWithValues: keys.map { ($0, key) })
  }

  private static let startAt = "StartAt=2026-12-01T03:00:00Z"

  private static let schedules: [String: Key] = [
    "OnCalendar": Key(
      "there is no calendar: write Interval=, for example Interval=1d, and the first run as \(startAt)",
      meant: "Interval"),
    "OnUnitActiveSec": Key("write Interval=, for example Interval=15min", meant: "Interval"),
    "OnUnitInactiveSec": Key(
      "no schedule begins at the end of the last run: write Interval=, for example Interval=15min, which is a fixed grid",
      meant: "Interval"),
    "OnActiveSec": Key(
      "write Interval=, for example Interval=15min: the first run is one interval after the workflow is made, or at "
        + startAt, meant: "Interval"),
    "Every": Key("write Interval=, for example Interval=15min", meant: "Interval"),
    "Cron": Key(
      "there is no calendar: write Interval=, for example Interval=1d, and the first run as \(startAt)",
      meant: "Interval"),
    "Persistent": Key("write Misfire=latest in [Workflow], the default, or Misfire=skip for Persistent=no"),
    "WakeSystem": Key("there is none: a machine that sleeps is not woken"),
    "Unit": Key("there is none: [Command] stands in the same file"),
  ].merging(same("OnBootSec", "OnStartupSec", key: atBoot)) { first, _ in first }
    .merging(
      same(
        "RandomizedDelaySec", "AccuracySec", "FixedRandomDelay",
        key: Key("there is none, runs start on time: StartAt= spreads them, MaxRunning= of the queue has them wait"))
    ) { first, _ in first }

  /// The like of a schedule's beginning is no interval.
  private static let atBoot = Key(
    "nothing runs at boot: a unit of systemd with After=tactusd.service and ExecStart=/usr/bin/tactusctl run NAME does it",
    meant: "Interval")

  private static let timeout = Key("write Timeout=, for example Timeout=1h")

  private static let programs: [String: Key] = [
    "ExecStart": Key("write Exec= in [Command]", meant: "Exec"),
    "ExecReload": Key("there is none: a job that runs is not reloaded"),
  ].merging(
    same(
      "ExecStartPre", "ExecStartPost", "ExecStop", "ExecStopPost", "ExecCondition",
      key: Key("there is one Exec= in [Command]: a script, or /bin/sh -c '…', that does one after the other"))
  ) { first, _ in first }

  private static let resources: [String: Key] =
    same("MemoryLimit", "MemoryHigh", key: Key("write MemoryMax=, for example MemoryMax=512M"))
    .merging(same("CPUWeight", "CPUShares", key: Key("write CPUQuota=, for example CPUQuota=50%"))) { first, _ in first
    }
    .merging(
      same(
        "LimitNOFILE", "LimitCORE", "LimitNPROC", "LimitFSIZE", "LimitAS", "LimitMEMLOCK",
        key: Key("there is none: write Exec=/bin/sh -c 'ulimit …; exec /the/program'"))
    ) { first, _ in first }
    .merging(
      same(
        "IOWeight", "IOReadBandwidthMax", "IOWriteBandwidthMax",
        key: Key("there is none: of the limits there are MemoryMax=, CPUQuota= and TasksMax="))
    ) { first, _ in first }
    .merging(
      same(
        "KillSignal", "SendSIGKILL",
        key: Key("there is none: what is stopped gets TERM with all it has started, and KILL two seconds later"))
    ) { first, _ in first }
    .merging(
      same(
        "AmbientCapabilities", "CapabilityBoundingSet",
        key: Key("there is none: User= names whose rights the job has, NoNewPrivileges= keeps it from more"))
    ) { first, _ in first }

  private static let behaviour: [String: Key] = [
    "TimeoutStartSec": timeout, "TimeoutSec": timeout, "RuntimeMaxSec": timeout,
    "TimeoutStopSec": Key("there is none: what is stopped has 2 seconds from TERM to KILL"),
    "Nice": Key("there is none: write Exec=/usr/bin/nice -n 10 and the program"),
    "Type": Key("there is none: a job is its program, from the start to the exit, as with Type=exec"),
    "RemainAfterExit": Key("there is none: a job is over when its program is"),
    "SuccessExitStatus": Key("there is none: only code 0 is success; /bin/sh -c '…' can make one of another"),
  ].merging(
    same(
      "IOSchedulingClass", "IOSchedulingPriority",
      key: Key("there is none: write Exec=/usr/bin/ionice -c 3 and the program"))
  ) { first, _ in first }
  .merging(
    same(
      "CPUSchedulingPolicy", "CPUSchedulingPriority",
      key: Key("there is none: write Exec=/usr/bin/chrt --idle 0 and the program"))
  ) { first, _ in first }
  .merging(
    same(
      "Restart", "RestartSec",
      key: Key("there is none: a job runs once, and the next run is the schedule's, or that of tactusctl run"))
  ) { first, _ in first }

  private static let surroundings: [String: Key] = [
    "SyslogIdentifier": Key("there is none: it is the workflow's name, so journalctl -t NAME shows the output"),
    "DynamicUser": Key("there is none: User= names an account that is there, and without it the job is tactus-job's"),
    "UMask": Key("there is none: write Exec=/bin/sh -c 'umask 077; …'"),
  ].merging(
    same(
      "StandardOutput", "StandardError",
      key: Key(
        "there is none: output is kept, see tactusctl logs ID and journalctl -t NAME; MergeOutput=yes in [Command] makes one stream of both"
      ))
  ) { first, _ in first }
  .merging(
    same(
      "StateDirectory", "RuntimeDirectory", "CacheDirectory", "LogsDirectory",
      key: Key("there is none: make the directory once, and name it in Exec= or WorkingDirectory="))
  ) { first, _ in first }

  private static let dependencies: [String: Key] =
    same(
      "OnFailure", "OnSuccess",
      key: Key("there is none: tactusctl events --follow tells how each job ended to a program that acts upon it")
    ).merging(
      same(
        "After", "Before", "Requires", "Wants", "BindsTo", "PartOf", "Conflicts",
        key: Key("there is none: workflows do not depend on each other, nor on units"))
    ) { first, _ in first }
    .merging(same("WantedBy", "RequiredBy", "Also", "Alias", key: Key(inForce))) { first, _ in first }

  private static let inForce = "nothing has to be enabled: a file in workflows/ is in force after tactusctl reload"

  /// Variables that set up a crontab, which stand before its lines.
  static let crontab: [String: Key] = [
    "MAILTO": Key("there is no mail: output is kept, see tactusctl logs ID and tactusctl list-jobs --status=FAILED"),
    "SHELL": Key("no shell reads Exec=: name one there, as in Exec=/bin/bash -c '…'"),
    "CRON_TZ": Key("there are no time zones: StartAt= has its offset, as in StartAt=2026-12-01T03:00:00+01:00"),
    "TimeZone": Key("there are no time zones: StartAt= has its offset, as in StartAt=2026-12-01T03:00:00+01:00"),
    "PATH": Key("write Environment=PATH=/usr/local/bin:/usr/bin:/bin in [Command]"),
    "HOME": Key("write Environment=HOME=/the/directory in [Command], or WorkingDirectory="),
  ]

  /// What there is in the place of a section, and which one was meant if it has a like.
  static let sections: [String: (hint: String, meant: String?)] = [
    "Timer": ("its like is [Schedule]", "Schedule"), "Service": ("its like is [Command]", "Command"),
    "Unit": ("its like is [Workflow]", "Workflow"), "Install": (inForce, nil),
  ]
}
