internal import TactusLinux
internal import TactusModel
internal import TactusProtocol
internal import TactusRunners
internal import TactusStore
internal import TactusSystemd

/// Facts in, diagnoses out: each says what was seen, and what mends it.
extension Diagnosis {
  static func sqlite(version: String) -> Diagnosis {
    // 3.37 brought STRICT tables. What versions before 3.51.3 can lose needs several connections that write; here one does.
    let parts = version.split(separator: ".").compactMap { Int($0) }
    let isEnough = !parts.lexicographicallyPrecedes([3, 37])
    return isEnough
      ? Diagnosis("sqlite", .ok, "version \(version)")
      : Diagnosis("sqlite", .problem, "version \(version) is too old", cure: "install libsqlite3 3.37 or newer")
  }

  static func writing(_ trouble: String?) -> Diagnosis {
    trouble.map {
      Diagnosis(
        "store", .problem, "it cannot be written: \($0). Nothing new is started or acknowledged.",
        cure: "remove the cause; tactusd tries again every second")
    } ?? Diagnosis("store", .ok, "its files are in place, and can be written")
  }

  static func output(_ trouble: OutputTrouble?) -> Diagnosis {
    trouble.map {
      Diagnosis(
        "output", .problem,
        "it cannot be stored: \($0.reason). \($0.isLost ? "It is lost." : "It is held, and jobs that write much wait.")",
        cure: $0.isLost ? "move logs.db away and restart tactusd" : "remove the cause; tactusd tries again every second"
      )
    } ?? Diagnosis("output", .ok, "its file is in place, and can be written")
  }

  static func rows(_ unreadable: [UnreadableRow]) -> Diagnosis {
    guard !unreadable.isEmpty else { return Diagnosis("rows", .ok, "every row that was met can be read") }
    let first = unreadable.prefix(3).map(\.description).joined(separator: " ")
    let more = unreadable.count > 3 ? " \(unreadable.count - 3) more are in the log." : ""
    return Diagnosis(
      "rows", .problem, "\(unreadable.count.counted("row")) cannot be read and are left alone. \(first)\(more)",
      cure: "stop tactusd, and run tactusd --verify, which names them all")
  }

  static func storage(_ path: String, _ kind: FileSystem.Kind, syncSpan: Duration) -> Diagnosis {
    let milliseconds = Double(syncSpan.microseconds) / 1000
    let speed = "a commit takes about \(milliseconds.rounded(toPlaces: 1)) ms to be on the disk"
    switch kind {
    case .network:
      return Diagnosis(
        "storage", .problem, "\(path) is on a network file system, where SQLite's write-ahead log does not work",
        cure: "move the state to a local disk, see StateDirectory= in systemd.exec(5)")
    case .memory:
      return Diagnosis(
        "storage", .warning, "\(path) is in memory: everything is forgotten at the next reboot",
        cure: "move the state to a disk, unless that is what you want")
    case .local where syncSpan > .milliseconds(50):
      return Diagnosis(
        "storage", .warning, "\(speed): jobs start and end no faster than that",
        cure: "move the state to a faster disk, if it matters")
    case .local: return Diagnosis("storage", .ok, speed)
    }
  }

  static func room(_ path: String, _ system: FileSystem) -> Diagnosis {
    let percent = system.totalBytes > 0 ? system.freeBytes * 100 / system.totalBytes : 0
    let free = "\(system.freeBytes >> 20) MiB (\(percent) %) are free on the disk of \(path)"
    let cure = "make room there; what is too old goes by itself, see EventsKeep= and LogLimit="
    if system.freeBytes < 64 << 20 || system.freeFiles ?? .max < 100 {
      return Diagnosis(
        "room", .problem, "\(free), \(system.freeFiles.map { "\($0) files" } ?? "no limit of files")", cure: cure)
    }
    return system.freeBytes < 1 << 30 && percent < 10
      ? Diagnosis("room", .warning, free, cure: cure) : Diagnosis("room", .ok, free)
  }

  static func privacy(of path: String, mode: UInt32?) -> Diagnosis {
    guard let mode else {
      return Diagnosis("state", .problem, "\(path) is not there", cure: "restart tactusd, which makes it")
    }
    return mode & 0o077 == 0
      ? Diagnosis("state", .ok, "\(path) is for the daemon alone")
      : Diagnosis(
        "state", .problem,
        "others may enter \(path) (mode \(String(mode, radix: 8))), where definitions and output are",
        cure: "chmod 0700 \(path)")
  }

  /// Who may decide what runs; a private instance reports others, and its user may want them to.
  static func custody(of path: String, _ custody: Custody, weaknesses: [Custody.Weakness]) -> Diagnosis {
    guard !weaknesses.isEmpty else {
      return Diagnosis("files", .ok, "\(path) can be changed by \(custody.holders) only")
    }
    // The first ones say what to do about the rest.
    let shown = weaknesses.prefix(5)
    let more = weaknesses.count > shown.count ? "; and \(weaknesses.count - shown.count) more" : ""
    return Diagnosis(
      "files", custody.refuses ? .problem : .warning,
      shown.map { $0.sentence(of: $0.path) }.joined(separator: "; ") + more
        + ". Whoever may change them decides what runs",
      cure: shown.map(\.cure).joined(separator: "; "))
  }

  /// What a reload leaves for the next start, that start refuses.
  static func settings(problems: [UnitFileProblem]) -> Diagnosis {
    problems.isEmpty
      ? Diagnosis("settings", .ok, "tactusd.conf and its drop-ins are understood")
      : Diagnosis(
        "settings", .problem,
        "\(problems.map(\.description).joined(separator: "; ")): the next start of tactusd ends there, with status 78",
        cure: "mend it before tactusd is restarted; tactusd --check tells when it is right")
  }

  static func clock(isSynchronized: Bool?) -> Diagnosis {
    switch isSynchronized {
    case true?: Diagnosis("clock", .ok, "something keeps it right")
    case false?:
      Diagnosis(
        "clock", .warning, "nothing keeps the wall clock right, so jobs run when it says so, not when it is time",
        cure: "systemctl enable --now systemd-timesyncd, or chrony")
    case nil:
      Diagnosis("clock", .ok, "whether something keeps it right is not to be seen from the sandbox: timedatectl tells")
    }
  }

  static func timeZones(arePresent: Bool) -> Diagnosis {
    arePresent
      ? Diagnosis("time zones", .ok, "are installed")
      : Diagnosis(
        "time zones", .warning, "are not installed: times are shown in UTC, and jobs see no other",
        cure: "apt install tzdata")
  }

  static func groups(missing: [String]) -> Diagnosis {
    missing.isEmpty
      ? Diagnosis("groups", .ok, "those that give rights exist")
      : Diagnosis(
        "groups", .warning, "there is no group \(missing.joined(separator: ", ")): nobody has rights by it",
        cure: missing.map { "groupadd --system \($0)" }.joined(separator: "; ") + "; tactusctl reload")
  }

  /// `handedDown` are the controllers of the groups of jobs that the daemon starts itself; nil where those have none.
  static func controlGroups(_ handedDown: [String]?, isHybrid: Bool, areUnits: Bool) -> Diagnosis {
    guard let handedDown else {
      if areUnits { return Diagnosis("cgroups", .ok, "commands run as units of systemd, each in a group of its own") }
      return Diagnosis(
        "cgroups", .warning,
        "jobs have no control groups: what leaves its session outlives its job, and nothing is measured or limited",
        cure: "run tactusd as a unit of systemd with Delegate=yes, or name a delegated directory in CgroupRoot=")
    }
    let missing = ["cpu", "memory", "pids"].filter { !handedDown.contains($0) }
    guard !missing.isEmpty else { return Diagnosis("cgroups", .ok, "each command has its own, with all controllers") }
    return Diagnosis(
      "cgroups", .warning,
      "each command has its own, but without \(missing.joined(separator: ", ")): \(isHybrid ? "this machine mounts those as version 1" : "they are not delegated")",
      cure: isHybrid
        ? "boot with systemd.unified_cgroup_hierarchy=1 on the kernel's command line"
        : "Delegate=yes in the unit, and DefaultTasksAccounting= and the like not switched off")
  }

  static func users(_ user: JobUser) -> Diagnosis {
    guard let warning = user.warning else { return Diagnosis("users", .ok, "commands run as whom they should") }
    let cure = "systemd-sysusers makes the account that the package names, see JobUser= in tactusd.conf(5)"
    if case .nobody = user.user.choice { return Diagnosis("users", .problem, warning, cure: cure) }
    return Diagnosis("users", .warning, warning, cure: cure)
  }

  static func units(_ right: UnitRight?, _ fault: PipeDirectory.Unusable?) -> Diagnosis {
    let consequence = "so Runner=systemd, User= and sandboxes are refused"
    switch right {
    case .granted? where fault != nil:
      return Diagnosis(
        "units", .problem, "no command can run as a unit of systemd, because \(fault?.reason ?? "")",
        cure: fault?.cure ?? "")
    case .granted?:
      return Diagnosis("units", .ok, "systemd runs commands as units for this daemon (Runner=systemd)")
    case .undecided(let reason)?:
      return Diagnosis(
        "units", .ok, "polkit, which would have to allow units, does not answer (\(reason)), \(consequence)",
        cure: "if units are wanted: \(UnitRight.remedyForPolkit); then \(UnitRight.rule), and tactusctl reload")
    case .denied?:
      return Diagnosis(
        "units", .ok, "polkit does not let this daemon start units, \(consequence)",
        cure: "if that is wanted: \(UnitRight.rule), and tactusctl reload; \(UnitRight.remedyForRule)")
    case .unreached?, nil:
      var reason = ""
      if case .unreached(let told)? = right { reason = " (\(told))" }
      return Diagnosis(
        "units", .ok, "systemd does not answer this daemon\(reason), \(consequence)",
        cure: "if units are wanted: see that systemd runs the machine, and systemctl status dbus")
    }
  }

  static func journal(
    _ destination: JournalDestination, isService: Bool, isPersistent: Bool, isLimited: Bool
  ) -> Diagnosis {
    guard case .journal = destination else {
      let reason = isService ? "as StandardError= of its unit says" : "not started by systemd"
      return Diagnosis("journal", .ok, "messages go to standard error: \(reason)")
    }
    guard destination.isListenedFor else {
      return Diagnosis(
        "journal", .warning, "nobody takes messages: they are counted, and lost until the journal runs again",
        cure: "systemctl start systemd-journald.socket systemd-journald")
    }
    guard isPersistent else {
      return Diagnosis(
        "journal", .warning, "it is kept in memory only, and forgotten at the next reboot",
        cure: "mkdir -p /var/log/journal && systemctl restart systemd-journald")
    }
    let limit =
      "; what is more than RateLimitBurst= of journald.conf(5) allows it suppresses, and tactusctl logs has it all the same"
    return Diagnosis("journal", .ok, "messages go there, and it is kept on the disk\(isLimited ? limit : "")")
  }

  static func descriptors(limit: Int, running: Int) -> Diagnosis {
    // Three for each command, one for each connection, and what the daemon itself needs.
    let needed = 3 * running + 512 + 64
    return limit >= needed
      ? Diagnosis("descriptors", .ok, "\(limit) are allowed")
      : Diagnosis(
        "descriptors", .warning, "\(limit) are allowed, and \(running) jobs at once may need \(needed)",
        cure: "LimitNOFILE= in the unit, or a smaller MaxRunning=")
  }

  static func engines(_ reports: [ProviderReport]) -> Diagnosis {
    let silent = reports.filter { $0.state != .live }
    guard let first = silent.first else {
      return reports.isEmpty
        ? Diagnosis("engines", .ok, "there is no container engine, which only containers need")
        : Diagnosis("engines", .ok, reports.map { "\($0.provider.name) answers" }.joined(separator: ", "))
    }
    return Diagnosis(
      "engines", .warning,
      silent.map { "\($0.provider.name) does not answer: \($0.lastError ?? "no reason was told")" }.joined(
        separator: "; "),
      cure: "start it; it listens at \(first.provider.endpoint), see tactus.provider(5)")
  }
}

extension Double {
  fileprivate func rounded(toPlaces places: Int) -> Double {
    let factor = (0..<places).reduce(1.0) { factor, _ in factor * 10 }
    return (self * factor).rounded() / factor
  }
}
