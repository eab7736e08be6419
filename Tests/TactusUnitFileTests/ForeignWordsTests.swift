import TactusModel
import TactusUnitFile
import Testing

@Suite("Keys and syntax from cron and systemd")
struct ForeignWordsTests {
  /// Keys, the sections in which users would write them, and the words of the message, which lists no keys.
  private static let keys: [(section: String, keys: [String], words: String)] = [
    (
      "Schedule", ["OnCalendar"],
      "Calendars are not supported. Use Interval=, for example Interval=1d, and set the first run with"
    ),
    ("Schedule", ["OnUnitActiveSec", "OnActiveSec"], "Use Interval=, for example Interval=15min"),
    ("Schedule", ["OnUnitInactiveSec"], "A schedule cannot count from the end of the last run. Use Interval="),
    (
      "Schedule", ["OnBootSec", "OnStartupSec"],
      "Tactus runs nothing at boot. Use a systemd unit with After=tactusd.service"
    ),
    (
      "Schedule", ["Persistent"],
      "Use Misfire=latest in [Workflow], which is the default, or Misfire=skip for Persistent=no"
    ),
    ("Schedule", ["RandomizedDelaySec", "AccuracySec"], "Runs start on time. Use StartAt= to spread them"),
    ("Schedule", ["Unit"], "Put [Command] into the same file"),
    ("Command", ["ExecStart"], "Use Exec= in [Command]"),
    (
      "Command", ["ExecStartPre", "ExecStartPost", "ExecStop"],
      "[Command] has one Exec=. Write a script, or /bin/sh -c"
    ),
    ("Command", ["ExecReload"], "A running job is not reloaded"),
    ("Command", ["TimeoutStartSec", "TimeoutSec", "RuntimeMaxSec"], "Use Timeout=, for example Timeout=1h"),
    ("Command", ["TimeoutStopSec"], "A stop sends KILL 2 seconds after TERM"),
    ("Command", ["Nice"], "Use Exec=/usr/bin/nice"),
    ("Command", ["IOSchedulingClass"], "Use Exec=/usr/bin/ionice"),
    ("Command", ["CPUSchedulingPolicy"], "Use Exec=/usr/bin/chrt"),
    ("Command", ["Restart", "RestartSec"], "A job runs once. The next run starts by the schedule"),
    ("Command", ["Type"], "A job runs from the start of its program to the exit"),
    ("Command", ["RemainAfterExit"], "A job ends when its program exits"),
    ("Command", ["StandardOutput", "StandardError"], "Tactus keeps the output. Run tactusctl logs ID"),
    ("Command", ["SyslogIdentifier"], "It is always the name of the workflow. Run journalctl -t NAME"),
    ("Command", ["DynamicUser"], "Use User= to name an existing account"),
    ("Command", ["StateDirectory", "RuntimeDirectory"], "Create the directory once"),
    ("Command", ["PATH"], "Use Environment=PATH="), ("Command", ["HOME"], "Use Environment=HOME="),
    ("Command", ["SHELL"], "No shell reads Exec=. Name one there"), ("Command", ["MAILTO"], "Tactus sends no mail"),
    ("Command", ["Description"], "Description= belongs in [Workflow], not in [Command]. Move it there"),
    ("Workflow", ["OnFailure", "OnSuccess"], "Run a program that reads tactusctl events --follow"),
    ("Workflow", ["After", "Wants"], "Workflows do not depend on each other or on units"),
    ("Workflow", ["Requires"], "or on units. In [Container] it means something else"),
    ("Workflow", ["WantedBy"], "A file in workflows/ needs no enabling. Run tactusctl reload to put it into force"),
  ]

  @Test(
    "The message about a key names its equivalent, or says that there is no equivalent, and nothing else",
    arguments: keys.flatMap { row in row.keys.map { (row.section, $0, row.words) } })
  func key(_ section: String, _ key: String, _ words: String) throws {
    // The equivalent replaces a required key.
    let isLike = words.contains("Interval=") || key == "ExecStart" || words.contains("at boot")
    let others = [
      section == "Schedule" && !isLike ? "[Schedule]\nInterval=1h\n" : "",
      section == "Command" && key == "ExecStart" ? "" : "[Command]\nExec=/bin/true\n",
    ]
    let found = problems(of: try read("[\(section)]\n\(key)=1\n\(others.joined())"))
    #expect(found.map(\.line) == [2], "\(found)")
    #expect(found.first?.message.contains(words) == true, "\(found)")
    #expect(found.first?.message.contains("Known keys") == false, "\(found)")
  }

  @Test(
    "The message about a section names its equivalent",
    arguments: [
      ("Service", "Use [Command]"), ("Timer", "Use [Schedule]"), ("Unit", "Use [Workflow]"),
      ("Install", "A file in workflows/ needs no enabling. Run tactusctl reload to put it into force"),
    ])
  func section(_ name: String, _ words: String) throws {
    let rest = name == "Service" ? "" : "[Command]\nExec=/bin/true\n"
    let found = problems(of: try read("[\(name)]\n\(rest)"))
    #expect(found.map(\.message) == ["[\(name)] is not a section here. \(words)"])
  }

  @Test(
    "The message about a command line of a shell or of systemd names the equivalent keys",
    arguments: [
      (
        "cd /srv && ./backup",
        "Exec= begins with cd, which only a shell knows. Set WorkingDirectory= to the directory, and Exec="
      ),
      (
        "PGHOST=db pg_dump",
        "sets a variable first, which only a shell understands. Set it with Environment=NAME=value, and Exec="
      ),
      ("$VV backup", "begins with a variable, which only a shell replaces. Write the path itself, or /bin/sh -c '…'"),
      ("${DIR}/backup", "begins with a variable, which only a shell replaces"),
      ("~/bin/x", "begins with ~, which only a shell knows. Write the whole path"),
      ("~backup/bin/x", "begins with ~, which only a shell knows"),
      ("-/bin/true", "has the prefix - of systemd, which is not supported. Write the path without it"),
      ("@/bin/sh sh", "has the prefix @ of systemd, which is not supported"),
      ("+/bin/true", "has the prefix + of"), ("!!/bin/true", "has the prefix !! of"),
      (":-/bin/true", "has the prefix :- of"),
      ("if true; then echo; fi", "begins with if, which only a shell knows. Write /bin/sh -c '…'"),
      ("backup.sh", "does not begin with the absolute path of a program"),
      (#"/bin/date +\%F"#, "escapes % as in a crontab, but % is literal here"),
    ])
  func exec(_ exec: String, _ words: String) throws {
    let found = problems(of: try read("[Command]\nExec=\(exec)\n"))
    #expect(found.map(\.line) == [2])
    #expect(found.first?.message.contains(words) == true, "\(found)")
  }

  @Test(
    "The message about a calendar time names a span",
    arguments: [
      ("*/5 * * * *", "is a calendar time, which is not supported. Write a span, for example 5min, and"),
      ("17 3 * * *", "Write a span, for example 1d"), ("*-*-* 03:17", "Write a span, for example 1d"),
      ("*/90 * * * *", "Write a span, for example 1d"), ("Mon *-*-* 03:17:00", "Write a span, for example 1d"),
      ("hourly", "is not a span of time. Write 1h, and set the first run with StartAt=2026-12-01T03:00:00Z"),
      ("@daily", "is not a span of time. Write 1d"), ("Weekly", "is not a span of time. Write 1w"),
      ("monthly", "is not a span of time. Write 1month (30.44 days)"),
      ("soon", "is not a span of time. Write for example"),
    ])
  func interval(_ text: String, _ words: String) throws {
    let found = problems(of: try read("[Schedule]\nInterval=\(text)\n[Command]\nExec=/bin/true\n"))
    #expect(found.map(\.line) == [2])
    #expect(found.first?.message.contains("Interval=\(text) \(words.hasPrefix("is") ? words : "")") == true, "\(found)")
    #expect(found.first?.message.contains(words) == true, "\(found)")
  }

  @Test("All sections and keys of a timer and a service of systemd are reported at once")
  func units() throws {
    let found = problems(
      of: try read(
        "[Unit]\nDescription=x\nAfter=y\n[Timer]\nOnCalendar=daily\n[Service]\nExecStart=/bin/true\nMemoryLimit=1G\n[Install]\nWantedBy=z\n"
      ))
    #expect(found.map(\.line) == [1, 3, 4, 5, 6, 7, 8, 9])
    for (line, words) in [
      (3, "Workflows do not depend on each other"), (5, "Calendars are not supported"), (7, "Use Exec= in [Command]"),
      (8, "Use MemoryMax="),
    ] {
      #expect(found.contains { $0.line == line && $0.message.contains(words) }, "\(found)")
    }
  }

  @Test("Mistakes below a misspelt section are reported with it, and correct lines are not")
  func misspelt() throws {
    let found = problems(
      of: try read("[Schedul]\nIntervall=1d\nStartAt=2026-12-01T03:00:00Z\n[Command]\nExec=/bin/true\n"))
    #expect(found.map(\.line) == [1, 2], "\(found)")
    #expect(found.last?.message.contains("Did you mean Interval=?") == true, "\(found)")
  }

  @Test("A crontab time in Exec= is recognized")
  func timeInProgram() throws {
    let found = problems(of: try read("[Command]\nExec=*/5 * * * * /bin/true\n"))
    #expect(found.first?.message.contains("begins with the time fields of a crontab") == true, "\(found)")
  }

  @Test("The message about a time of day names an instant at that time", arguments: ["03:17", "3:17", "03:17:00"])
  func startAt(_ text: String) throws {
    let found = problems(of: try read("[Schedule]\nInterval=1d\nStartAt=\(text)\n[Command]\nExec=/bin/true\n"))
    #expect(
      found.map(\.message) == [
        "StartAt=\(text) is a time of day. Write an instant with its date and offset, for example 2026-12-01T03:17:00Z or "
          + "2026-12-01T03:17:00+01:00"
      ])
  }

  @Test(
    "A crontab line is recognized, whatever its command",
    arguments: [
      "*/5 * * * * /bin/true", "17 3 * * mon-fri A=b /bin/true", "0,30 8-18/2 1 jan * backup /bin/true",
      "@daily /bin/true",
    ])
  func crontab(_ line: String) throws {
    for text in ["\(line)\n", "[Command]\nExec=/bin/true\n\(line)\n"] {
      let found = problems(of: try read(text))
      #expect(found.map(\.line) == [text.hasPrefix("[") ? 3 : 1], "\(found)")
      #expect(
        found.first?.message
          == "is a line of a crontab. Write Interval= and StartAt= in [Schedule], and Exec= in [Command] "
          + "(see from-cron.md in /usr/share/doc/tactus)")
    }
  }

  @Test("A crontab variable before the first section is recognized, and other lines are not taken for a crontab")
  func others() throws {
    let found = problems(of: try read("MAILTO=root\n[Command]\nExec=/bin/true\n"))
    #expect(
      found.first?.message.contains("Begin with a header such as [Workflow]. Tactus sends no mail") == true
    )
    for line in ["5 things", "1 2 3 four 5 /bin/true", "@home /bin/true", "* * *"] {
      let found = problems(of: try read("[Command]\nExec=/bin/true\n\(line)\n"))
      #expect(found.map(\.message) == ["has no \"=\". Write Key=Value, or begin a comment with #"])
    }
  }
}
