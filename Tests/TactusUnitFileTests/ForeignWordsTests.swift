import TactusModel
import TactusUnitFile
import Testing

@Suite("What people bring along from cron and systemd")
struct ForeignWordsTests {
  /// Keys, the section in which people would write them, and what is said instead of a list of all keys.
  private static let keys: [(section: String, keys: [String], words: String)] = [
    (
      "Schedule", ["OnCalendar"], "there is no calendar: write Interval=, for example Interval=1d, and the first run as"
    ),
    ("Schedule", ["OnUnitActiveSec", "OnActiveSec"], "write Interval=, for example Interval=15min"),
    ("Schedule", ["OnUnitInactiveSec"], "no schedule begins at the end of the last run: write Interval="),
    ("Schedule", ["OnBootSec", "OnStartupSec"], "nothing runs at boot: a unit of systemd with After=tactusd.service"),
    ("Schedule", ["Persistent"], "write Misfire=latest in [Workflow], the default, or Misfire=skip for Persistent=no"),
    ("Schedule", ["RandomizedDelaySec", "AccuracySec"], "there is none, runs start on time: StartAt= spreads them"),
    ("Schedule", ["Unit"], "there is none: [Command] stands in the same file"),
    ("Command", ["ExecStart"], "write Exec= in [Command]"),
    (
      "Command", ["ExecStartPre", "ExecStartPost", "ExecStop"],
      "there is one Exec= in [Command]: a script, or /bin/sh -c"
    ),
    ("Command", ["ExecReload"], "there is none: a job that runs is not reloaded"),
    ("Command", ["TimeoutStartSec", "TimeoutSec", "RuntimeMaxSec"], "write Timeout=, for example Timeout=1h"),
    ("Command", ["TimeoutStopSec"], "there is none: what is stopped has 2 seconds from TERM to KILL"),
    ("Command", ["Nice"], "there is none: write Exec=/usr/bin/nice"),
    ("Command", ["IOSchedulingClass"], "there is none: write Exec=/usr/bin/ionice"),
    ("Command", ["CPUSchedulingPolicy"], "there is none: write Exec=/usr/bin/chrt"),
    ("Command", ["Restart", "RestartSec"], "there is none: a job runs once, and the next run is the schedule's"),
    ("Command", ["Type", "RemainAfterExit"], "there is none: a job is"),
    ("Command", ["StandardOutput", "StandardError"], "there is none: output is kept, see tactusctl logs ID"),
    ("Command", ["SyslogIdentifier"], "there is none: it is the workflow's name, so journalctl -t NAME"),
    ("Command", ["DynamicUser"], "there is none: User= names an account that is there"),
    ("Command", ["StateDirectory", "RuntimeDirectory"], "there is none: make the directory once"),
    ("Command", ["PATH"], "write Environment=PATH="), ("Command", ["HOME"], "write Environment=HOME="),
    ("Command", ["SHELL"], "no shell reads Exec=: name one there"), ("Command", ["MAILTO"], "there is no mail"),
    ("Command", ["Description"], "Description= belongs in [Workflow], not in [Command]: move it there"),
    ("Workflow", ["OnFailure", "OnSuccess"], "there is none: tactusctl events --follow"),
    ("Workflow", ["After", "Wants"], "there is none: workflows do not depend on each other, nor on units"),
    ("Workflow", ["Requires"], "nor on units; in [Container] it means something else"),
    ("Workflow", ["WantedBy"], "nothing has to be enabled: a file in workflows/ is in force after tactusctl reload"),
  ]

  @Test(
    "A key is answered with what says the same, or that there is none, and with nothing else",
    arguments: keys.flatMap { row in row.keys.map { (row.section, $0, row.words) } })
  func key(_ section: String, _ key: String, _ words: String) throws {
    // Where its like is needed, it stands in its place.
    let isLike = words.contains("Interval=") || key == "ExecStart" || words.contains("at boot")
    let others = [
      section == "Schedule" && !isLike ? "[Schedule]\nInterval=1h\n" : "",
      section == "Command" && key == "ExecStart" ? "" : "[Command]\nExec=/bin/true\n",
    ]
    let found = problems(of: try read("[\(section)]\n\(key)=1\n\(others.joined())"))
    #expect(found.map(\.line) == [2], "\(found)")
    #expect(found.first?.message.contains(words) == true, "\(found)")
    #expect(found.first?.message.contains("it may have") == false, "\(found)")
  }

  @Test(
    "A section is answered with its like",
    arguments: [
      ("Service", "its like is [Command]"), ("Timer", "its like is [Schedule]"), ("Unit", "its like is [Workflow]"),
      ("Install", "nothing has to be enabled: a file in workflows/ is in force after tactusctl reload"),
    ])
  func section(_ name: String, _ words: String) throws {
    let rest = name == "Service" ? "" : "[Command]\nExec=/bin/true\n"
    let found = problems(of: try read("[\(name)]\n\(rest)"))
    #expect(found.map(\.message) == ["[\(name)] is not a section of this file: \(words)"])
  }

  @Test(
    "A command line of a shell or of systemd is answered with the keys that say the same",
    arguments: [
      (
        "cd /srv && ./backup",
        "Exec= begins with cd, which only a shell knows: write WorkingDirectory= with the directory, and in Exec="
      ),
      (
        "PGHOST=db pg_dump",
        "sets a variable first, as only a shell does: write it as Environment=NAME=value, and in Exec="
      ),
      ("$VV backup", "begins with a variable, which only a shell knows: write the path itself, or /bin/sh -c '…'"),
      ("${DIR}/backup", "begins with a variable, which only a shell knows"),
      ("~/bin/x", "begins with ~, which only a shell knows: write the whole path"),
      ("~backup/bin/x", "begins with ~, which only a shell knows"),
      ("-/bin/true", "has the prefix - of systemd's, and there are none here: write the path without it"),
      ("@/bin/sh sh", "has the prefix @ of systemd's, and there are none here"),
      ("+/bin/true", "has the prefix + of"), ("!!/bin/true", "has the prefix !! of"),
      (":-/bin/true", "has the prefix :- of"),
      ("if true; then echo; fi", "begins with if, which only a shell knows: write /bin/sh -c '…'"),
      ("backup.sh", "does not begin with the absolute path of a program"),
      (#"/bin/date +\%F"#, "escapes % as in a crontab: here it means nothing but itself"),
    ])
  func exec(_ exec: String, _ words: String) throws {
    let found = problems(of: try read("[Command]\nExec=\(exec)\n"))
    #expect(found.map(\.line) == [2])
    #expect(found.first?.message.contains(words) == true, "\(found)")
  }

  @Test(
    "A time of a calendar is answered with a span",
    arguments: [
      ("*/5 * * * *", "is a time of a calendar, which a schedule does not have: write a span, for example 5min, and"),
      ("17 3 * * *", "write a span, for example 1d"), ("*-*-* 03:17", "write a span, for example 1d"),
      ("*/90 * * * *", "write a span, for example 1d"), ("Mon *-*-* 03:17:00", "write a span, for example 1d"),
      ("hourly", "is no span of time: write 1h, and the first run as StartAt=2026-12-01T03:00:00Z"),
      ("@daily", "is no span of time: write 1d"), ("Weekly", "is no span of time: write 1w"),
      ("monthly", "is no span of time: write 1month (30.44 days)"),
      ("soon", "is not a span of time: write for example"),
    ])
  func interval(_ text: String, _ words: String) throws {
    let found = problems(of: try read("[Schedule]\nInterval=\(text)\n[Command]\nExec=/bin/true\n"))
    #expect(found.map(\.line) == [2])
    #expect(found.first?.message.contains("Interval=\(text) \(words.hasPrefix("is") ? words : "")") == true, "\(found)")
    #expect(found.first?.message.contains(words) == true, "\(found)")
  }

  @Test("A whole timer and service of systemd is answered at once, the keys as well")
  func units() throws {
    let found = problems(
      of: try read(
        "[Unit]\nDescription=x\nAfter=y\n[Timer]\nOnCalendar=daily\n[Service]\nExecStart=/bin/true\nMemoryLimit=1G\n[Install]\nWantedBy=z\n"
      ))
    #expect(found.map(\.line) == [1, 3, 4, 5, 6, 7, 8, 9])
    for (line, words) in [
      (3, "workflows do not depend on each other"), (5, "there is no calendar"), (7, "write Exec= in [Command]"),
      (8, "write MemoryMax="),
    ] {
      #expect(found.contains { $0.line == line && $0.message.contains(words) }, "\(found)")
    }
  }

  @Test("What is wrong below a misspelt section is told with it, and what is right there is not")
  func misspelt() throws {
    let found = problems(
      of: try read("[Schedul]\nIntervall=1d\nStartAt=2026-12-01T03:00:00Z\n[Command]\nExec=/bin/true\n"))
    #expect(found.map(\.line) == [1, 2], "\(found)")
    #expect(found.last?.message.contains("did you mean Interval=?") == true, "\(found)")
  }

  @Test("A time of a crontab in Exec= is told as such")
  func timeInProgram() throws {
    let found = problems(of: try read("[Command]\nExec=*/5 * * * * /bin/true\n"))
    #expect(found.first?.message.contains("begins with the time of a line of a crontab") == true, "\(found)")
  }

  @Test("A time of day is answered with an instant of it", arguments: ["03:17", "3:17", "03:17:00"])
  func startAt(_ text: String) throws {
    let found = problems(of: try read("[Schedule]\nInterval=1d\nStartAt=\(text)\n[Command]\nExec=/bin/true\n"))
    #expect(
      found.map(\.message) == [
        "StartAt=\(text) is a time of day: write an instant with its date and offset, for example 2026-12-01T03:17:00Z or "
          + "2026-12-01T03:17:00+01:00"
      ])
  }

  @Test(
    "A line of a crontab is told as such, whatever its command holds",
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
          == "is a line of a crontab: write Interval= and StartAt= in [Schedule] and Exec= in [Command], "
          + "see from-cron.md in /usr/share/doc/tactus")
    }
  }

  @Test("A variable of a crontab before the first section is answered as well, and no other line is one of a crontab")
  func others() throws {
    let found = problems(of: try read("MAILTO=root\n[Command]\nExec=/bin/true\n"))
    #expect(
      found.first?.message.contains("begin with a header such as [Workflow]; as in a crontab, there is no mail") == true
    )
    for line in ["5 things", "1 2 3 four 5 /bin/true", "@home /bin/true", "* * *"] {
      let found = problems(of: try read("[Command]\nExec=/bin/true\n\(line)\n"))
      #expect(found.map(\.message) == ["has no \"=\": write Key=Value, or begin a comment with #"])
    }
  }
}
