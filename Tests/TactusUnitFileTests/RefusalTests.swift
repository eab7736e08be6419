import TactusModel
import Testing

/// A file with one mistake, the line of its refusal, and a part of the message.
struct BadFile: CustomTestStringConvertible, Sendable {
  let text: String
  let line: Int
  let fragment: String

  init(_ text: String, _ line: Int, _ fragment: String) {
    (self.text, self.line, self.fragment) = (text, line, fragment)
  }

  var testDescription: String { "\(text.prefix(60).debugDescription) → line \(line): \(fragment)" }

  /// Creates a good command with one bad assignment, on line 3.
  static func command(_ assignment: String, _ fragment: String) -> BadFile {
    BadFile("[Command]\nExec=/bin/true\n\(assignment)\n", 3, fragment)
  }

  /// Creates a good command with one bad assignment in `[Workflow]`, on line 2.
  static func workflow(_ assignment: String, _ fragment: String) -> BadFile {
    BadFile("[Workflow]\n\(assignment)\n[Command]\nExec=/bin/true\n", 2, fragment)
  }

  /// Creates a good schedule with one bad assignment, on line 3.
  static func schedule(_ assignment: String, _ fragment: String) -> BadFile {
    BadFile("[Schedule]\n\n\(assignment)\n[Command]\nExec=/bin/true\n", 3, fragment)
  }

  /// Creates a good heartbeat with one bad assignment, on line 3.
  static func heartbeat(_ assignment: String, _ fragment: String) -> BadFile {
    BadFile("[Heartbeat]\nEndpoint=http://localhost/\n\(assignment)\n", 3, fragment)
  }

  /// Creates a good container with one bad assignment, on line 3.
  static func container(_ assignment: String, _ fragment: String) -> BadFile {
    BadFile("[Container]\nImage=a\n\(assignment)\n", 3, fragment)
  }
}

/// Every rule for workflow files, with the line and the words of its refusal.
struct RefusalTests {
  private static let syntax = [
    BadFile("Exec=/bin/true\n", 1, "Exec= is before the first section"),
    BadFile("[Command]\nExec=/bin/true\nhello\n", 3, "has no \"=\""),
    BadFile("[Command]\nExec=/bin/true\n= value\n", 3, "has no key before \"=\""),
    BadFile("[Command\nExec=/bin/true\n", 1, "[Command is not a section header"),
    BadFile("[]\n", 1, "[] is not a section header"),
    BadFile("[Command] Exec=/bin/true\n", 1, "is not a section header"),
    BadFile("[Command]\nExec=/bin/true\n[Workflow]]\n", 3, "is not a section header"),
    BadFile("[Command]\nExec=/bin/tr\0ue\n", 2, "contains a NUL byte"),
    BadFile("[Command]\nExec=/bin/true \u{1B}[2J\n", 2, "contains the control character U+001B"),
    BadFile("[Command]\n# a comment with \u{9B}\nExec=/bin/true\n", 2, "contains the control character U+009B"),
    BadFile("[Command]\nExec=/bin/true\n\n[Command]\nExec=/bin/false\n", 5, "Exec= is given twice, first on line 2"),
  ]

  private static let words = [
    BadFile("[Comand]\nExec=/bin/true\n", 1, "[Comand] is not a section here. Did you mean [Command]?"),
    BadFile("[Heartbeet]\nEndpoint=http://localhost/\n", 1, "Did you mean [Heartbeat]?"),
    BadFile("[Unit]\n[Command]\nExec=/bin/true\n", 1, "[Unit] is not a section here. Use [Workflow]"),
    BadFile(
      "[Nonsense]\n[Command]\nExec=/bin/true\n", 1, "Known sections: [Workflow] [Schedule] [Command] [Heartbeat]"),
    BadFile("[Http]\nURL=http://a/\n", 1, "[Http] is not supported by this version yet. Remove it"),
    BadFile("[Http]\nURL=http://localhost/\n", 1, "[Http] is not supported by this version yet. Remove it"),
    .command("Enviroment=A=b", "Enviroment= is not a key of [Command]. Did you mean Environment=?"),
    .command("timeout=1s", "timeout= is not a key of [Command]. Did you mean Timeout=?"),
    .command("Priority=3", "Priority= belongs in [Workflow], not in [Command]"),
    .command("Intervall=3s", "Did you mean Interval= in [Schedule]?"),
    .command(
      "Zzz=1", "Zzz= is not a key of [Command]. Known keys: CPUQuota= Environment= EnvironmentFile= Exec= Group="),
    .command("Lock=db", "Lock= is not supported by this version yet. Remove it"),
    .workflow("Lock=db", "Lock= is not supported by this version yet. Remove it"),
    .workflow("OnInterrupt=fail", "OnInterrupt= is not supported"),
    .workflow("Retries=0", "Retries= is not supported"),
    .workflow("RetryDelays=60s", "RetryDelays= is not supported"),
    .workflow("CallbackURL=http://localhost/", "CallbackURL= is not supported"),
    .workflow("CallbackKeys=k", "CallbackKeys= is not supported"),
    .workflow("Parameter=x", "Parameter= is not supported"),
    .workflow("Result=stdout", "Result= is not supported"),
    .workflow("OutputLimit=1M", "OutputLimit= is not supported"),
    .heartbeat("AssertBodyContains=ok", "AssertBodyContains= is not supported"),
  ]

  private static let kinds = [
    BadFile("[Workflow]\nPriority=1\n", 0, "has no [Command], [Heartbeat] or [Container]"),
    BadFile("", 0, "has no [Command], [Heartbeat] or [Container]"),
    BadFile(
      "[Command]\nExec=/bin/true\n[Heartbeat]\nEndpoint=http://localhost/\n", 3,
      "[Heartbeat] conflicts with [Command] on line 1: a workflow has one kind"),
    BadFile("\n[Command]\n", 2, "[Command] needs Exec="),
    BadFile("[Command]\nExec=/bin/true\nExec=\n", 1, "[Command] needs Exec="),
    BadFile("[Heartbeat]\nMethod=GET\n", 1, "[Heartbeat] needs Endpoint="),
    BadFile("[Command]\nExec=/bin/true\n[Schedule]\nStartAt=2026-12-01T03:00:00Z\n", 3, "[Schedule] needs Interval="),
  ]

  private static let schedules: [BadFile] = [
    .schedule("Interval=0", "Interval=0 is outside the range from 1s to 366d"),
    .schedule("Interval=999ms", "is outside the range from 1s to 366d"),
    .schedule("Interval=366d 1us", "is outside the range from 1s to 366d"),
    .schedule("Interval=infinity", "is outside the range from 1s to 366d"),
    .schedule("Interval=-5s", "is not a span of time"),
    .schedule("Interval=soon", "is not a span of time"),
    .schedule("Interval=5 parsecs", "has the unknown unit \"parsecs\""),
    .schedule("Interval=300000y", "is too long: more than 292,000 years"),
    .schedule("Interval=99999999999999999999", "is too long: more than 292,000 years"),
    .schedule("Interval=1h\nInterval=2h", "").at(4, "Interval= is given twice, first on line 3"),
    .schedule("Interval=1h\nStartAt=2026-12-01T03:00:00", "").at(4, "has no offset from UTC"),
    .schedule("Interval=1h\nStartAt=tomorrow", "").at(4, "is not an RFC 3339 instant"),
    .schedule("Interval=1h\nStartAt=2026-02-30T03:00:00Z", "").at(4, "is not an RFC 3339 instant"),
    .schedule("Interval=1h\nStartAt=9999-12-31T23:59:59Z", "").at(4, "is outside the range from 1970-01-01"),
  ]

  private static let policies: [BadFile] = [
    .workflow(
      "Queue=comand", "Queue=comand is not a queue. Did you mean command? Known queues: command container heartbeat"),
    .workflow("Queue=No Name", "is not a queue. Known queues: command container heartbeat"),
    .workflow("Priority=101", "Priority=101 is outside the range from -100 to 100"),
    .workflow("Priority=-101", "is outside the range from -100 to 100"),
    .workflow("Priority=high", "is not a whole number"),
    .workflow("MaxConsecutiveFailures=0", "is neither a whole number from 1 to 1000 nor infinity"),
    .workflow("MaxConsecutiveFailures=1001", "is neither a whole number from 1 to 1000 nor infinity"),
    .workflow("Overlap=Queue", "is not valid. Use one of: queue skip allow replace"),
    .workflow("Misfire=never", "is not valid. Use one of: latest all skip"),
    .workflow("MisfireLimit=0", "is outside the range from 1 to 10000"),
    .workflow("MisfireLimit=10001", "is outside the range from 1 to 10000"),
    .workflow("StartWithin=0", "must be longer than 0"),
    .workflow("StartWithin=367d", "must be longer than 0 and at most 366d"),
    .workflow("StartWithin=infinity", "must be longer than 0 and at most 366d"),
    .workflow("LogLimit=16MB", "is not a size"),
    .workflow("LogLimit=-1", "is not a size"),
    .workflow("LogLimit=17G", "is outside the range from 0 to 16G"),
    .workflow("LogLimit=9999999999999G", "is outside the range from 0 to 16G"),
  ]

  private static let commands: [BadFile] = [
    BadFile("[Command]\nExec=true\n", 2, "does not begin with the absolute path of a program"),
    BadFile("[Command]\nExec=-bin/true\n", 2, "does not begin with the absolute path of a program"),
    BadFile("[Command]\nExec=\"\"\n", 2, "does not begin with the absolute path of a program"),
    BadFile("[Command]\nExec=/bin/\n", 2, "names a directory"),
    BadFile("[Command]\nExec=/bin/echo 'open\n", 2, "opens a quote ' that is never closed"),
    BadFile("[Command]\nExec=/bin/echo \\q\n", 2, "has a backslash that does not begin a known escape"),
    BadFile("[Command]\nExec=/bin/echo \\x4\n", 2, "has a backslash that does not begin a known escape"),
    BadFile("[Command]\nExec=/bin/echo \\400\n", 2, "has a backslash that does not begin a known escape"),
    BadFile("[Command]\nExec=/bin/echo \\uD800\n", 2, "has a backslash that does not begin a known escape"),
    BadFile("[Command]\nExec=/bin/echo \\x00\n", 2, "contains an escaped NUL"),
    BadFile("[Command]\nExec=/bin/echo \\000\n", 2, "contains an escaped NUL"),
    BadFile("[Command]\nExec=/bin/echo \\xFF\n", 2, "has escapes that are not valid UTF-8"),
    BadFile("[Command]\nExec=/bin/echo a\\ ", 2, "ends in a single backslash"),
    BadFile(
      "[Command]\nExec=/bin/echo \(String(repeating: "x", count: 128 << 10))\n", 2, "has an argument of more than"),
    .command("Environment=A", "Environment= has no \"=\" in word 1. Write NAME=value"),
    .command("Environment=1A=b", "Environment= has an invalid variable name in word 1. Use letters"),
    .command("Environment=A=b =b", "has an invalid variable name in word 2"),
    .command("Environment=A-B=c", "has an invalid variable name in word 1"),
    .command("Environment=TACTUS_JOB_ID=x", "only the daemon sets names that begin with TACTUS_"),
    .command("WorkingDirectory=srv", "is not an absolute path"),
    .command("WorkingDirectory=/srv/../etc", "contains . or .."),
    .command("Timeout=0", "must be longer than 0 and at most 366d, or infinity"),
    .command("Timeout=366d 1us", "must be longer than 0 and at most 366d, or infinity"),
    .command("Timeout=1.s", "is not a span of time"),
    .command("EnvironmentFile=env", "is not an absolute path"),
    .command("LoadCredential=:/run/x", "does not begin with the name of a credential"),
    .command("LoadCredential=../x", "does not begin with the name of a credential"),
    .command("LoadCredential=key:run/x", "is not an absolute path"),
    .command("Runner=auto direct", "is not valid. Use one of: auto direct systemd"),
    .command("User=a b", "is neither the name nor the number of an account"),
    .command("User=4294967295", "is neither the name nor the number of an account"),
    .command("Group=-x", "is neither the name nor the number of an account"),
    .command("MemoryMax=1023K", "is outside the range"), .command("MemoryMax=50%", "is not a size"),
    .command("CPUQuota=0.5", "is not a percentage of one processor's time"),
    .command("CPUQuota=0%", "is outside the range from 1% to 102400%"),
    .command("TasksMax=0", "is outside the range from 1 to 4194304"),
    .command("TasksMax=max", "is not a whole number"), .command("StrictLimits=maybe", "is not a boolean"),
    .command(
      "KillMode=mixed", "is not supported, because a stop always ends all processes. Use control-group, or process"),
    .command(
      "KillMode=none", "is not supported, because a stop always ends all processes. Use control-group, or process"),
    .command("KillMode=yes", "is not valid. Use one of: control-group process"),
    .command("MergeOutput=2", "is not a boolean"),
    .command("ProtectSystem=all", "is not valid. Use one of: no yes full strict"),
    .command("ProtectHome=none", "is not valid. Use one of: no yes read-only tmpfs"),
    .command("PrivateTmp=2", "is not a boolean"),
    .command("ReadWritePaths=/srv data", "is not an absolute path"),
    BadFile(
      "[Command]\nExec=/bin/true\nRunner=direct\nUser=backup\n", 4,
      "User= needs a systemd unit, which Runner=direct does not start"),
    BadFile(
      "[Command]\nExec=/bin/true\nPrivateTmp=yes\nRunner=direct\n", 3,
      "PrivateTmp= needs a systemd unit, which Runner=direct does not start"),
  ]

  private static let containers: [BadFile] = [
    BadFile("[Container]\nExec=true\n", 1, "[Container] needs Image=, for example Image=docker.io/library/alpine:3.20"),
    BadFile("[Container]\nImage=UPPER/case\n", 2, "is not the name of an image. Write [host[:port]/]name[:tag]"),
    BadFile("[Container]\nImage=a:b:c\n", 2, "is not the name of an image"),
    .container("Exec=\"\"", "does not name a program. Write for example echo hello"),
    .container("Entrypoint='x", "opens a quote"),
    .container("KillMode=process", "KillMode= belongs in [Command], not in [Container]"),
    .container("MergeOutput=yes", "MergeOutput= belongs in [Command], not in [Container]"),
    .container("EnvironmentFile=etc/x", "is not an absolute path"),
    .container("User=a b", "is not a user"),
    .container("WorkingDirectory=x", "is not an absolute path"),
    .container("Volume=/data", "is not a volume"),
    .container("Volume=data/x:/y", "neither an absolute path nor the name of a volume"),
    .container("Volume=/a:b", "has a target that is not an absolute path"),
    .container("Volume=/a:/b:exec", "has the unknown option \"exec\". Use ro or rw"),
    .container("Network=my net", "is not the name of a network"),
    .container("Memory=5M", "is outside the range"), .container("Memory=lots", "is not a size"),
    .container("CPUs=0.001", "is outside the range from 0.01 to 1024"),
    .container("CPUs=1.0001", "is not a number of processors"),
    .container("CPUs=2000", "is outside the range"),
    .container("PidsLimit=0", "is outside the range from 1 to 4194304"),
    .container("PidsLimit=4194305", "is outside the range"), .container("ReadOnly=maybe", "is not a boolean"),
    .container("Pull=often", "is not valid. Use one of: missing always never"),
    .container("PullTimeout=2d", "must be longer than 0 and at most 1d"),
    .container("Requires=GPU", "has the invalid word \"GPU\". Use words"),
    .container("Timeout=61min", "must be longer than 0 and at most 1h"),
    .container("Timeout=0", "must be longer than 0"),
  ]

  private static let heartbeats: [BadFile] = [
    BadFile("[Heartbeat]\nEndpoint=ftp://localhost/\n", 2, "is not an http or https URL"),
    BadFile("[Heartbeat]\nEndpoint=localhost:80\n", 2, "is not an http or https URL"),
    BadFile("[Heartbeat]\nEndpoint=http://exam%00ple/\n", 2, "has no valid host"),
    BadFile("[Heartbeat]\nEndpoint=http:///health\n", 2, "has no valid host"),
    BadFile("[Heartbeat]\nEndpoint=http://:80/\n", 2, "has no valid host"),
    BadFile("[Heartbeat]\nEndpoint=http://[::1/\n", 2, "has no valid host"),
    BadFile("[Heartbeat]\nEndpoint=http://[]/\n", 2, "has no valid host"),
    BadFile("[Heartbeat]\nEndpoint=http://local host/\n", 2, "contains the character U+0020"),
    BadFile("[Heartbeat]\nEndpoint=http://münchen.example/\n", 2, "contains the character U+00FC"),
    BadFile("[Heartbeat]\nEndpoint=http://München.example:8080/\n", 2, "Write xn--mnchen-3ya.example"),
    BadFile("[Heartbeat]\nEndpoint=http://mu\u{308}nchen.example/\n", 2, "Write xn--mnchen-3ya.example"),
    BadFile("[Heartbeat]\nEndpoint=http://m%C3%BCnchen.example/\n", 2, "Write xn--mnchen-3ya.example"),
    BadFile("[Heartbeat]\nEndpoint=http://www.straße.example/\n", 2, "Write www.xn--strae-oqa.example"),
    BadFile("[Heartbeat]\nEndpoint=http://例え.テスト/\n", 2, "Write xn--r8jz45g.xn--zckzah"),
    BadFile("[Heartbeat]\nEndpoint=http://ｅxample.org/\n", 2, "Write its form that begins with xn--"),
    BadFile("[Heartbeat]\nEndpoint=http://localhost/münchen\n", 2, "Percent-encode it as %C3%BC"),
    BadFile("[Heartbeat]\nEndpoint=http://localhost\\@example.org/\n", 2, "contains the character U+005C"),
    BadFile("[Heartbeat]\nEndpoint=http://a:b@localhost/\n", 2, "contains a user name or password"),
    BadFile("[Heartbeat]\nEndpoint=http://localhost:0/\n", 2, "has a port that is not a number from 1 to 65535"),
    BadFile("[Heartbeat]\nEndpoint=http://localhost:65536/\n", 2, "has a port that is not a number from 1 to 65535"),
    BadFile("[Heartbeat]\nEndpoint=http://localhost:80:80/\n", 2, "has a port that is not a number from 1 to 65535"),
    .heartbeat("Method=PUT", "is not valid. Use one of: GET HEAD POST"),
    .heartbeat("ExpectedStatus=99", "has the invalid status \"99\""),
    .heartbeat("ExpectedStatus=100", "is never the last. Use 101, or statuses from 200"),
    .heartbeat("ExpectedStatus=200 102-199", "has \"102-199\", but such an answer is never the last"),
    .heartbeat("RedirectHeaders=maybe", "RedirectHeaders=maybe"),
    .heartbeat("ReadBody=header", "ReadBody=header"),
    .heartbeat("ExpectedStatus=600", "has the invalid status \"600\""),
    .heartbeat("ExpectedStatus=200 299-200", "has the invalid status \"299-200\""),
    .heartbeat("ExpectedStatus=200-", "has the invalid status \"200-\""),
    .heartbeat("ExpectedStatus=200,204", "has the invalid status \"200,204\""),
    .heartbeat("ExpectedStatus=ok", "has the invalid status \"ok\""),
    .heartbeat("Header=Accept", "has no colon"),
    .heartbeat("Header=: x", "has text before its colon that is not the name of a header"),
    .heartbeat("Header=X Y: z", "has text before its colon that is not the name of a header"),
    .heartbeat("Header=Accept:", "has no value"),
    .heartbeat("Header=content-length: 3", "sets how the request is framed"),
    .heartbeat("FollowRedirects=maybe", "is not a boolean"),
    .heartbeat("Timeout=0", "must be longer than 0 and at most 5min"),
    .heartbeat("Timeout=301s", "must be longer than 0 and at most 5min"),
    .heartbeat("Timeout=infinity", "must be longer than 0 and at most 5min"),
  ]

  @Test(
    "A bad file is refused with the line, the reason and the correction, and with nothing else",
    arguments: syntax + words + kinds + schedules + policies + commands + heartbeats + containers)
  func refused(_ bad: BadFile) throws {
    let found = problems(of: try read(bad.text))
    #expect(found.map(\.line) == [bad.line], "\(found)")
    #expect(found.first?.message.contains(bad.fragment) == true, "\(found)")
    #expect(found.first?.file == "backup.workflow")
  }
}

extension BadFile {
  /// Returns the same file with another line and part of the message.
  func at(_ line: Int, _ fragment: String) -> BadFile { BadFile(text, line, fragment) }
}
