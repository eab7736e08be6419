internal import TactusLinux
internal import TactusMessages
internal import TactusModel
internal import TactusProtocol
internal import TactusRunners
internal import TactusStore
internal import TactusSystemd

/// Pure functions from facts to diagnoses. Each diagnosis has a finding, and the way out if there is a problem.
extension Diagnosis {
  static func sqlite(version: String) -> Diagnosis {
    // 3.37 introduced STRICT tables. Versions before 3.51.3 can lose data of several writing connections, but one
    // writes here.
    let parts = version.split(separator: ".").compactMap { Int($0) }
    let isEnough = !parts.lexicographicallyPrecedes([3, 37])
    return isEnough
      ? Diagnosis("sqlite", .ok, "version \(version)")
      : Diagnosis("sqlite", .problem, "version \(version) is too old", cure: "Install libsqlite3 3.37 or newer")
  }

  static func writing(_ trouble: String?) -> Diagnosis {
    trouble.map {
      Diagnosis(
        "store", .problem, "the store cannot be written: \($0). No new jobs start, and no change is acknowledged.",
        cure: "Remove the cause. tactusd tries again every second")
    } ?? Diagnosis("store", .ok, "its files exist and are writable")
  }

  static func output(_ trouble: OutputTrouble?) -> Diagnosis {
    trouble.map {
      Diagnosis(
        "output", .problem,
        "output of jobs cannot be stored: \($0.reason). "
          + ($0.isLost ? "It is lost." : "It is held, and jobs that write much wait."),
        cure: $0.isLost ? "Move logs.db away and restart tactusd" : "Remove the cause. tactusd tries again every second"
      )
    } ?? Diagnosis("output", .ok, "its file exists and is writable")
  }

  static func rows(_ unreadable: [UnreadableRow]) -> Diagnosis {
    guard !unreadable.isEmpty else { return Diagnosis("rows", .ok, "all rows that were read are valid") }
    let first = unreadable.prefix(3).map(\.description).joined(separator: " ")
    let more = unreadable.count > 3 ? " \(unreadable.count - 3) more are in the log." : ""
    return Diagnosis(
      "rows", .problem,
      "\(unreadable.count.counted("row")) cannot be read, and tactusd leaves them alone. \(first)\(more)",
      cure: "Stop tactusd, and run tactusd --verify to list all of them")
  }

  static func storage(_ path: String, _ kind: FileSystem.Kind, syncSpan: Duration) -> Diagnosis {
    let milliseconds = Double(syncSpan.microseconds) / 1000
    let speed = "a commit takes about \(milliseconds.rounded(toPlaces: 1)) ms to reach the disk"
    switch kind {
    case .network:
      return Diagnosis(
        "storage", .problem, "\(path) is on a network file system, where SQLite's write-ahead log does not work",
        cure: "Move the state to a local disk, see StateDirectory= in systemd.exec(5)")
    case .memory:
      return Diagnosis(
        "storage", .warning, "\(path) is in memory, so the next reboot deletes everything in it",
        cure: "Move the state to a disk, unless this is intended")
    case .local where syncSpan > .milliseconds(50):
      return Diagnosis(
        "storage", .warning, "\(speed). Jobs start and end no faster than that.",
        cure: "Move the state to a faster disk, if this matters")
    case .local: return Diagnosis("storage", .ok, speed)
    }
  }

  static func room(_ path: String, _ system: FileSystem) -> Diagnosis {
    let percent = system.totalBytes > 0 ? system.freeBytes * 100 / system.totalBytes : 0
    let free = "\(system.freeBytes >> 20) MiB (\(percent) %) are free on the disk of \(path)"
    let cure =
      "Free space there. Only old events are deleted automatically (EventsKeep=), and LogLimit= limits output of new jobs"
    if system.freeBytes < 64 << 20 || system.freeFiles ?? .max < 100 {
      let files = system.freeFiles.map { "\($0) more files fit" } ?? "the number of files is not limited"
      return Diagnosis("room", .problem, "\(free), and \(files)", cure: cure)
    }
    return system.freeBytes < 1 << 30 && percent < 10
      ? Diagnosis("room", .warning, free, cure: cure) : Diagnosis("room", .ok, free)
  }

  static func privacy(of path: String, mode: UInt32?) -> Diagnosis {
    guard let mode else {
      return Diagnosis("state", .problem, "\(path) does not exist", cure: "Restart tactusd to create it")
    }
    return mode & 0o077 == 0
      ? Diagnosis("state", .ok, "\(path) is closed to other users")
      : Diagnosis(
        "state", .problem,
        "other users may enter \(path) (mode \(String(mode, radix: 8))), which contains definitions and output",
        cure: "Run chmod 0700 \(path)")
  }

  /// Whether strangers may change the configuration: a problem of a system instance, a warning of a private one.
  ///
  /// The user of a private instance may want that.
  static func custody(of path: String, _ custody: Custody, weaknesses: [Custody.Weakness]) -> Diagnosis {
    guard !weaknesses.isEmpty else {
      return Diagnosis("files", .ok, "only \(custody.holders) can change \(path)")
    }
    // The first ones show how to fix the rest.
    let shown = weaknesses.prefix(5)
    let more = weaknesses.count > shown.count ? ", and \(weaknesses.count - shown.count) more" : ""
    return Diagnosis(
      "files", custody.refuses ? .problem : .warning,
      shown.map { $0.sentence(of: $0.path) }.joined(separator: ", ") + more
        + ". A user who can change them decides what runs.",
      cure: "Run " + shown.map(\.cure).joined(separator: " && "))
  }

  /// Whether the next start would refuse the settings.
  ///
  /// A reload does not apply them.
  static func settings(problems: [UnitFileProblem]) -> Diagnosis {
    problems.isEmpty
      ? Diagnosis("settings", .ok, "tactusd.conf and its drop-ins are valid")
      : Diagnosis(
        "settings", .problem,
        "the next start of tactusd would fail with status 78: "
          + problems.map(\.description).joined(separator: "; "),
        cure: "Fix this before tactusd is restarted, and run tactusd --check to verify it")
  }

  static func clock(isSynchronized: Bool?) -> Diagnosis {
    switch isSynchronized {
    case true?: Diagnosis("clock", .ok, "the wall clock is synchronized")
    case false?:
      Diagnosis(
        "clock", .warning, "the wall clock is not synchronized, so jobs may start at the wrong time",
        cure: "Run systemctl enable --now systemd-timesyncd, or use chrony")
    case nil:
      Diagnosis("clock", .ok, "the sandbox hides whether the wall clock is synchronized. Run timedatectl to see it.")
    }
  }

  static func timeZones(arePresent: Bool) -> Diagnosis {
    arePresent
      ? Diagnosis("time zones", .ok, "the time zone database is installed")
      : Diagnosis(
        "time zones", .warning,
        "the time zone database is not installed, so times are shown in UTC, and jobs have no other time zone",
        cure: "Run apt install tzdata")
  }

  static func groups(missing: [String]) -> Diagnosis {
    missing.isEmpty
      ? Diagnosis("groups", .ok, "the groups that grant rights exist")
      : Diagnosis(
        "groups", .warning,
        missing.map { "the group \($0) does not exist" }.joined(separator: ", ") + ", so nobody has its rights",
        cure: "Run " + missing.map { "groupadd --system \($0) && " }.joined() + "tactusctl reload")
  }

  /// `handedDown` are the controllers in the groups of direct commands; nil if these commands have no groups.
  static func controlGroups(_ handedDown: [String]?, isHybrid: Bool, areUnits: Bool) -> Diagnosis {
    guard let handedDown else {
      if areUnits { return Diagnosis("cgroups", .ok, "commands run as systemd units, each in its own control group") }
      return Diagnosis(
        "cgroups", .warning,
        "control groups are unavailable, so a process that leaves its job's session outlives the job. Nothing is "
          + "measured or limited.",
        cure: "Set Delegate=yes in tactusd.service, or CgroupRoot= in tactusd.conf")
    }
    let missing = ["cpu", "memory", "pids"].filter { !handedDown.contains($0) }
    guard !missing.isEmpty else {
      return Diagnosis("cgroups", .ok, "each command has its own control group, with all controllers")
    }
    let lack = "each command has its own control group, but without \(missing.joined(separator: ", "))"
    return Diagnosis(
      "cgroups", .warning,
      "\(lack), because \(isHybrid ? "this machine mounts them as version 1" : "they are not delegated")",
      cure: isHybrid
        ? "Boot with systemd.unified_cgroup_hierarchy=1 on the kernel command line"
        : "Set Delegate=yes in tactusd.service, and do not switch off DefaultTasksAccounting= and similar settings")
  }

  static func users(_ user: JobUser) -> Diagnosis {
    guard let warning = user.warning else { return Diagnosis("users", .ok, "commands run as the intended user") }
    let cure = "Run systemd-sysusers to create the account of the package, see JobUser= in tactusd.conf(5)"
    if case .nobody = user.user.choice { return Diagnosis("users", .problem, warning, cure: cure) }
    return Diagnosis("users", .warning, warning, cure: cure)
  }

  static func units(_ right: UnitRight?, _ fault: PipeDirectory.Unusable?) -> Diagnosis {
    let consequence = "so Runner=systemd, User= and sandboxes are refused"
    switch right {
    case .granted? where fault != nil:
      return Diagnosis(
        "units", .problem, "commands cannot run as systemd units: \(fault?.reason ?? "")",
        cure: "Run \(fault?.cure ?? "")")
    case .granted?:
      return Diagnosis("units", .ok, "systemd runs commands as units for this daemon (Runner=systemd)")
    case .undecided(let reason)?:
      return Diagnosis(
        "units", .ok, "polkit, which must allow units, does not answer (\(reason)), \(consequence)",
        cure: "To allow units, run \(UnitRight.remedyForPolkit). Then run \(UnitRight.rule), and tactusctl reload")
    case .denied?:
      return Diagnosis(
        "units", .ok, "polkit does not let this daemon start units, \(consequence)",
        cure: "To allow units, run \(UnitRight.rule), then tactusctl reload. \(UnitRight.remedyForRule)")
    case .unreached?, nil:
      var reason = ""
      if case .unreached(let reported)? = right { reason = " (\(reported))" }
      return Diagnosis(
        "units", .ok, "systemd does not answer this daemon\(reason), \(consequence)",
        cure: "To allow units, make sure that systemd runs this machine, and run systemctl status dbus")
    }
  }

  static func journal(
    _ destination: JournalDestination, isService: Bool, isPersistent: Bool, isLimited: Bool
  ) -> Diagnosis {
    guard case .journal = destination else {
      let reason = isService ? "StandardError= of the unit says so" : "systemd did not start tactusd"
      return Diagnosis("journal", .ok, "messages go to standard error, because \(reason)")
    }
    guard destination.isListenedFor else {
      return Diagnosis(
        "journal", .warning, "the journal is unavailable, so messages are lost and only counted",
        cure: "Run systemctl start systemd-journald.socket systemd-journald")
    }
    guard isPersistent else {
      return Diagnosis(
        "journal", .warning, "the journal is in memory, so the next reboot deletes it",
        cure: "Run mkdir -p /var/log/journal && systemctl restart systemd-journald")
    }
    let limit =
      ". It suppresses messages beyond RateLimitBurst= of journald.conf(5), but tactusctl logs has the output of jobs."
    return Diagnosis("journal", .ok, "messages go to the journal, which is on disk\(isLimited ? limit : "")")
  }

  static func descriptors(limit: Int, running: Int) -> Diagnosis {
    // Three for each command, one for each connection, and what the daemon itself needs.
    let needed = 3 * running + 512 + 64
    return limit >= needed
      ? Diagnosis("descriptors", .ok, "tactusd may open \(limit) files")
      : Diagnosis(
        "descriptors", .warning, "tactusd may open \(limit) files, but \(running) running jobs may need \(needed)",
        cure: "Set LimitNOFILE= in tactusd.service, or a smaller MaxRunning=")
  }

  static func engines(_ reports: [ProviderReport]) -> Diagnosis {
    let silent = reports.filter { $0.state != .live }
    guard let first = silent.first else {
      return reports.isEmpty
        ? Diagnosis("engines", .ok, "there is no container engine. Only workflows with [Container] need one.")
        : Diagnosis("engines", .ok, reports.map { "\($0.provider.name) answers" }.joined(separator: ", "))
    }
    return Diagnosis(
      "engines", .warning,
      silent.map { "\($0.provider.name) does not answer: \($0.lastError ?? "unknown reason")" }.joined(
        separator: ", "),
      cure: "Start the engine at \(first.provider.endpoint), see tactus.provider(5)")
  }
}

extension Double {
  fileprivate func rounded(toPlaces places: Int) -> Double {
    let factor = (0..<places).reduce(1.0) { factor, _ in factor * 10 }
    return (self * factor).rounded() / factor
  }
}
