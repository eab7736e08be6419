import TactusModel
import TactusPorts
import TactusSystemd
import Testing

@testable import TactusRunners

@Suite("The transient unit of a command")
struct UnitOrderTests {
  private static func settings(user: String? = nil) -> UnitSettings {
    UnitSettings(
      baseEnvironment: ["PATH=/usr/bin", "HOME=/var/lib/tactus"], defaultDirectory: "/var/lib/tactus",
      defaultUser: user,
      credentials: "/run/credentials/tactusd.service", secrets: "/run/tactus/unit-credentials",
      unitCredentials: "/run/credentials", isUsersOwn: false,
      storeID: "s",
      pipes: "/var/lib/tactus/pipes")
  }

  private static func order(_ command: Command, user: String? = nil) throws -> UnitOrder {
    let id = try #require(JobID("018f0000-0000-7000-8000-000000000001"))
    return UnitOrder(
      order: RunOrder(
        id: id, workflow: WorkflowName("nightly"), work: .command(command), trigger: .manual, attempt: 1,
        nominalAt: Instant(microseconds: 0), scheduledAt: Instant(microseconds: 0), logLimit: 1000),
      command: command, settings: settings(user: user))
  }

  private static func properties(
    _ command: Command, user: String? = nil
  ) throws -> [String: UnitProperty.Value] {
    let properties = try order(command, user: user).properties(finalEnvironment: nil)
    return Dictionary(properties.map { ($0.name, $0.value) }) { _, last in last }
  }

  @Test("Dollar signs in the arguments are doubled, so that systemd passes them on unchanged")
  func program() throws {
    let properties = try Self.properties(Command(arguments: ["/bin/echo", "$HOME", "100%", "a$${b}"]))
    #expect(
      properties["ExecStart"]
        == .program(path: "/bin/echo", arguments: ["/bin/echo", "$$HOME", "100%", "a$$$${b}"]))
  }

  @Test("The unit outlives its process, however that ends")
  func life() throws {
    let properties = try Self.properties(Command(arguments: ["/bin/true"]))
    #expect(properties["RemainAfterExit"] == .flag(true))
    let permit = "/var/lib/tactus/pipes/tactus-018f0000-0000-7000-8000-000000000001.permit"
    #expect(properties["Asserts"] == .existing(permit))
    #expect(properties["Type"] == .text("exec"))
    guard case .exits(let codes, let signals) = properties["SuccessExitStatus"] else {
      Issue.record("no SuccessExitStatus")
      return
    }
    #expect(codes == Array(1...255))
    #expect(signals.contains(9) && signals.contains(64) && !signals.contains(32))
  }

  @Test(
    "The treatment of leftover processes is passed to systemd, and to the next daemon", arguments: KillMode.allCases)
  func killMode(mode: KillMode) throws {
    let properties = try Self.properties(Command(arguments: ["/bin/true"], killMode: mode))
    #expect(properties["KillMode"] == .text(mode.rawValue))
    guard case .fields(let fields) = properties["LogExtraFields"] else {
      Issue.record("no LogExtraFields")
      return
    }
    #expect(fields.contains("TACTUS_KILL_MODE=process") == (mode == .process))
  }

  @Test("Limits are in the units of the bus: bytes, microseconds per second, tasks")
  func limits() throws {
    let limits = CommandLimits(memoryMax: 64 << 20, cpuQuota: 150, tasksMax: 10)
    let properties = try Self.properties(Command(arguments: ["/bin/true"], limits: limits))
    #expect(properties["MemoryMax"] == .number(64 << 20))
    #expect(properties["CPUQuotaPerSecUSec"] == .number(1_500_000))
    #expect(properties["TasksMax"] == .number(10))
  }

  @Test("A user gets the home directory from systemd; without a user the daemon's is passed on")
  func home() throws {
    let own = try Self.properties(Command(arguments: ["/bin/true"]))
    #expect(own["User"] == nil && own["WorkingDirectory"] == .text("-/var/lib/tactus"))
    let other = try Self.properties(Command(arguments: ["/bin/true"]), user: "tactus-job")
    #expect(other["User"] == .text("tactus-job") && other["WorkingDirectory"] == .text("-~"))
    for (properties, hasHome) in [(own, true), (other, false)] {
      guard case .texts(let environment) = properties["Environment"] else {
        Issue.record("no Environment")
        continue
      }
      #expect(environment.contains { $0.hasPrefix("HOME=") } == hasHome)
      #expect(environment.contains("TACTUS_WORKFLOW=nightly"))
    }
  }

  @Test("The user of the definition overrides the daemon's choice")
  func user() throws {
    let properties = try Self.properties(
      Command(arguments: ["/bin/true"], user: "backup", group: "adm"), user: "tactus-job")
    #expect(properties["User"] == .text("backup") && properties["Group"] == .text("adm"))
  }

  @Test("Credentials are read from the daemon's files, and their directory has its documented path")
  func credentials() throws {
    let command = Command(
      arguments: ["/bin/true"], environment: ["KEY=${CREDENTIALS_DIRECTORY}/key and ${CREDENTIALS_DIRECTORY}"],
      credentials: [Credential(name: "key"), Credential(name: "cert", path: "/etc/cert")])
    var order = try Self.order(command)
    order.secrets = "/run/secrets"
    let properties = Dictionary(
      order.properties(finalEnvironment: nil).map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    #expect(
      properties["LoadCredential"]
        == .pairs([.init(name: "cert", path: "/run/secrets/cert"), .init(name: "key", path: "/run/secrets/key")]))
    guard case .texts(let environment) = properties["Environment"] else {
      Issue.record("no Environment")
      return
    }
    let directory = "/run/credentials/tactus-018f0000-0000-7000-8000-000000000001.service"
    #expect(environment.contains("KEY=\(directory)/key and \(directory)"))
  }

  @Test("The definition overrides environment files, and systemd reads only the daemon's merged, quoted file")
  func finalEnvironment() throws {
    let command = Command(
      arguments: ["/bin/true"], environment: [#"A=a "b" $c `d` \e"#, "TACTUS_X=1"],
      environmentFiles: [EnvironmentFile(path: "/etc/default/x", isOptional: true)])
    var order = try Self.order(command)
    order.fileVariables = ["A=from the file", "B=1"]
    #expect(order.needsFinalEnvironment)
    let lines = order.finalEnvironment.split(separator: "\n")
    #expect(lines.prefix(2) == ["A=\"from the file\"", "B=\"1\""])
    #expect(lines.dropFirst(2).first == #"A="a \"b\" \$c \`d\` \\e""#)
    #expect(lines.contains("TACTUS_WORKFLOW=\"nightly\"") && !order.finalEnvironment.contains("TACTUS_X"))
    let properties = order.properties(finalEnvironment: "/last")
    #expect(
      properties.contains(
        UnitProperty(
          "EnvironmentFiles", .files([.init(path: "/last", isOptional: false)]))))
  }

  @Test("Sandbox settings keep their names and their types on the bus")
  func sandbox() throws {
    let command = Command(
      arguments: ["/bin/true"],
      sandbox: [
        SandboxSetting(key: "PrivateTmp", value: .flag(true)),
        SandboxSetting(key: "ProtectSystem", value: .word("strict")),
        SandboxSetting(key: "ReadWritePaths", value: .paths(["/srv", "-/var/x"])),
      ])
    let properties = try Self.properties(command)
    #expect(properties["PrivateTmp"] == .flag(true))
    #expect(properties["ProtectSystem"] == .text("strict"))
    #expect(properties["ReadWritePaths"] == .texts(["/srv", "-/var/x"]))
  }

  @Test("The next daemon finds the time-out and the output limit in the unit's fields")
  func fields() throws {
    let properties = try Self.properties(Command(arguments: ["/bin/true"], timeout: .seconds(5)))
    guard case .fields(let fields) = properties["LogExtraFields"] else {
      Issue.record("no LogExtraFields")
      return
    }
    #expect(Set(["TACTUS_STORE=s", "TACTUS_TIMEOUT_USEC=5000000", "TACTUS_LOG_LIMIT=1000"]).isSubset(of: fields))
  }

  @Test("Only units of jobs are recognized as such")
  func names() throws {
    let id = try #require(JobID("018f0000-0000-7000-8000-000000000001"))
    #expect(UnitOrder.job(of: UnitOrder.name(of: id)) == id)
    for name in ["tactusd.service", "tactus-x.service", "tactus-.service", "cron.service"] {
      #expect(UnitOrder.job(of: name) == nil)
    }
  }
}
