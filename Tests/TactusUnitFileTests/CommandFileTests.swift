import TactusModel
import TactusUnitFile
import Testing

@Suite("Command files")
struct CommandFileTests {
  private func command(_ lines: String) throws -> Command {
    let name = try #require(WorkflowName("c"))
    let text = "[Command]\nExec=/bin/true\n\(lines)\n"
    let definition = try WorkflowFile.read(text: text, name: name, queues: [QueueName(builtIn: .command)]).get()
    guard case .command(let command) = definition.work else { throw NotACommand() }
    return command
  }

  private struct NotACommand: Error {}

  @Test("Without further keys a command has the defaults")
  func defaults() throws {
    #expect(try command("") == Command(arguments: ["/bin/true"]))
    #expect(try command("").limits.isEmpty && !command("").needsUnit)
  }

  @Test("Every key sets its value")
  func keys() throws {
    let read = try command(
      """
      Environment=PGPASSFILE=${CREDENTIALS_DIRECTORY}/pgpass
      EnvironmentFile=/etc/a.env
      EnvironmentFile=-/etc/b.env
      LoadCredential=pgpass:/etc/pgpass
      LoadCredential=token
      WorkingDirectory=/srv
      Runner=systemd
      User=backup
      Group=34
      MemoryMax=64M
      CPUQuota=150%
      TasksMax=9
      StrictLimits=yes
      KillMode=process
      MergeOutput=yes
      ProtectSystem=strict
      ProtectHome=read-only
      PrivateTmp=yes
      NoNewPrivileges=no
      ReadWritePaths=/srv/a "/srv/b c"
      ReadWritePaths=-/srv/d
      Timeout=1h
      """)
    #expect(read.environment == ["PGPASSFILE=${CREDENTIALS_DIRECTORY}/pgpass"])
    #expect(read.environmentFiles == [.init(path: "/etc/a.env"), .init(path: "/etc/b.env", isOptional: true)])
    #expect(read.credentials == [.init(name: "pgpass", path: "/etc/pgpass"), .init(name: "token")])
    #expect(read.runner == .systemd && read.user == "backup" && read.group == "34" && read.needsUnit)
    #expect(read.killMode == .process && read.mergesOutput)
    #expect(read.limits == .init(memoryMax: 64 << 20, cpuQuota: 150, tasksMax: 9, isStrict: true))
    #expect(
      read.sandbox == [
        .init(key: "NoNewPrivileges", value: .flag(false)), .init(key: "PrivateTmp", value: .flag(true)),
        .init(key: "ProtectHome", value: .word("read-only")), .init(key: "ProtectSystem", value: .word("strict")),
        .init(key: "ReadWritePaths", value: .paths(["/srv/a", "/srv/b c", "-/srv/d"])),
      ])
  }

  @Test("A key that needs a unit requires one, and infinity means no limit")
  func needs() throws {
    for key in ["User=backup", "Group=34", "PrivateTmp=yes", "ReadOnlyPaths=/srv", "Runner=systemd"] {
      #expect(try command(key).needsUnit, "\(key)")
    }
    #expect(try !command("Runner=direct\nMemoryMax=1G\nLoadCredential=a\nEnvironmentFile=/b").needsUnit)
    #expect(try command("MemoryMax=infinity\nTasksMax=infinity\nCPUQuota=").limits.isEmpty)
  }
}
