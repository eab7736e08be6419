import TactusModel
import TactusUnitFile
import Testing

/// The meaning of valid workflow files.
struct WorkflowFileTests {
  @Test("A command with only Exec= has the documented defaults")
  func commandDefaults() throws {
    let definition = try read("[Command]\nExec=/bin/true\n").get()
    #expect(definition.work == .command(Command(arguments: ["/bin/true"], timeout: .seconds(3600))))
    #expect(definition.schedule == nil)
    #expect(definition.summary.isEmpty)
    #expect(
      definition.policies
        == Policies(
          queue: QueueName(builtIn: .command), priority: 0, maxConsecutiveFailures: 3, overlap: .queue,
          misfire: .latest, misfireLimit: 100, startWithin: nil, logLimit: 16 << 20))
    #expect(definition.text == "[Command]\nExec=/bin/true\n")
  }

  @Test("A heartbeat with only Endpoint= has the documented defaults")
  func heartbeatDefaults() throws {
    let definition = try read("[Heartbeat]\nEndpoint=https://example.org/health\n").get()
    #expect(
      definition.work
        == .heartbeat(
          Heartbeat(
            endpoint: "https://example.org/health", method: "GET", expectedStatus: .ok, headers: [],
            followsRedirects: true, timeout: .seconds(10))))
    #expect(definition.policies == Policies(queue: QueueName(builtIn: .heartbeat), maxConsecutiveFailures: nil))
  }

  @Test("Every key of a command file sets its part of the definition")
  func everyCommandKey() throws {
    let definition = try read(
      """
      [Workflow]
      Description=Nightly database backup
      Queue=heartbeat
      Priority=-7
      MaxConsecutiveFailures=infinity
      Overlap=replace
      Misfire=all
      MisfireLimit=5
      StartWithin=1min 30s
      LogLimit=64K

      [Schedule]
      Interval=1d
      StartAt=2026-12-01T03:00:00+02:00

      [Command]
      Exec=/usr/local/bin/backup --full "--to=my disk"
      Environment=PGHOST=db "GREETING=good morning"
      Environment=EMPTY=
      WorkingDirectory=/srv/backup
      Timeout=infinity
      """
    ).get()
    #expect(definition.summary == "Nightly database backup")
    #expect(
      definition.work
        == .command(
          Command(
            arguments: ["/usr/local/bin/backup", "--full", "--to=my disk"],
            environment: ["PGHOST=db", "GREETING=good morning", "EMPTY="], workingDirectory: "/srv/backup",
            timeout: nil)))
    #expect(
      definition.schedule
        == Schedule(interval: .seconds(86_400), startAt: Instant(rfc3339: "2026-12-01T01:00:00Z")))
    #expect(
      definition.policies
        == Policies(
          queue: QueueName(builtIn: .heartbeat), priority: -7, maxConsecutiveFailures: nil, overlap: .replace,
          misfire: .all, misfireLimit: 5, startWithin: .seconds(90), logLimit: 64 << 10))
  }

  @Test("Every key of a heartbeat file sets its part of the definition")
  func everyHeartbeatKey() throws {
    let definition = try read(
      """
      [Workflow]
      MaxConsecutiveFailures=1000
      [Heartbeat]
      Endpoint=HTTPS://[2001:db8::1]:8443/a?b=c#d
      Method=HEAD
      ExpectedStatus=200 204
      ExpectedStatus=300-399
      Header=Accept:application/json
      Header=X-Token: a: b
      FollowRedirects=No
      RedirectHeaders=yes
      ReadBody=no
      Timeout=5min
      """
    ).get()
    #expect(
      definition.work
        == .heartbeat(
          Heartbeat(
            endpoint: "HTTPS://[2001:db8::1]:8443/a?b=c#d", method: "HEAD",
            expectedStatus: StatusRanges([200...200, 204...204, 300...399]),
            headers: ["Accept: application/json", "X-Token: a: b"], followsRedirects: false,
            redirectsHeaders: true, readsBody: false, timeout: Limits.heartbeatTimeout)))
    #expect(definition.policies.maxConsecutiveFailures == 1000)
  }

  @Test("An empty value restores the default, and the key may be set again after it")
  func reset() throws {
    let definition = try read(
      """
      [Workflow]
      Priority=5
      Priority=
      Overlap=skip
      Overlap=
      Overlap=allow
      [Command]
      Exec=/bin/true
      Environment=A=1 B=2
      Environment=
      Environment=C=3
      Timeout=
      """
    ).get()
    #expect(definition.policies.priority == 0)
    #expect(definition.policies.overlap == .allow)
    #expect(
      definition.work == .command(Command(arguments: ["/bin/true"], environment: ["C=3"], timeout: .seconds(3600))))
  }

  @Test("A section may be written twice, as in systemd")
  func repeatedSection() throws {
    let definition = try read("[Command]\nExec=/bin/true\n[Workflow]\nPriority=1\n[Command]\nTimeout=2s\n").get()
    #expect(definition.work.timeout == .seconds(2))
  }

  @Test(
    "Values at the limits are allowed",
    arguments: [
      "[Schedule]\nInterval=1s", "[Schedule]\nInterval=366d", "[Workflow]\nPriority=100", "[Workflow]\nPriority=-100",
      "[Workflow]\nMaxConsecutiveFailures=1", "[Workflow]\nMisfireLimit=10000", "[Workflow]\nLogLimit=0",
      "[Workflow]\nLogLimit=16G", "[Workflow]\nMaxConsecutiveFailures=1000", "[Workflow]\nMisfireLimit=1",
      "[Workflow]\nStartWithin=366d", "[Workflow]\nStartWithin=1us", "[Command]\nTimeout=366d",
      "[Command]\nTimeout=1us",
      "[Command]\nEnvironment=A=\(String(repeating: "x", count: Limits.argumentBytes - 2))",
    ])
  func limits(_ text: String) throws {
    _ = try read("[Command]\nExec=/bin/true\n\(text)\n").get()
  }

  @Test(
    "Values at the limits of a heartbeat are allowed",
    arguments: ["Timeout=5min", "Timeout=1us", "ExpectedStatus=100-599", "ExpectedStatus=101"])
  func heartbeatLimits(_ assignment: String) throws {
    _ = try read("[Heartbeat]\nEndpoint=http://localhost:65535/\n\(assignment)\n").get()
  }

  @Test("Percent and dollar signs have no meaning to Tactus")
  func specifiers() throws {
    let definition = try read("[Command]\nExec=/bin/date +%%Y %n $HOME ${X}\n").get()
    #expect(definition.work == .command(Command(arguments: ["/bin/date", "+%%Y", "%n", "$HOME", "${X}"])))
  }

  @Test("The name of a workflow is the name of its file")
  func names() throws {
    #expect(try WorkflowFile.name(ofFile: "nightly-backup.workflow").get().text == "nightly-backup")
    #expect(try WorkflowFile.name(ofFile: "a.b.workflow").get().text == "a.b")
  }

  @Test(
    "A file name without a valid workflow name is refused",
    arguments: [
      ("backup.conf", "is not named NAME.workflow"), ("backup", "is not named NAME.workflow"),
      (".workflow", "does not name a workflow"), ("a/b.workflow", "does not name a workflow"),
      ("Backup.workflow", "does not name a workflow"), ("-a.workflow", "does not name a workflow"),
      ("0190f5e8-6c7a-7abc-8def-0123456789ab.workflow", "and not a job id"),
      ("\(String(repeating: "a", count: 65)).workflow", "does not name a workflow"),
    ])
  func badNames(_ file: String, _ fragment: String) {
    let found = problems(of: WorkflowFile.name(ofFile: file))
    #expect(found.map(\.line) == [0])
    #expect(found.first?.message.contains(fragment) == true, "\(found)")
  }

  @Test("Problems have the file name as the caller passed it, and read as file:line: message")
  func description() throws {
    let result = WorkflowFile.read(
      text: "[Command]\nExec=x\n", name: try #require(WorkflowName("a")), file: "/etc/tactus/workflows/a.workflow",
      queues: .builtIn)
    #expect(
      problems(of: result).map(\.description) == [
        "/etc/tactus/workflows/a.workflow:2: Exec= does not begin with the absolute path of a program. "
          + "Write for example /usr/bin/env NAME"
      ])
  }
}
