import TactusModel
import TactusUnitFile
import Testing

@Suite("Container and provider files")
struct ContainerFileTests {
  private func container(_ lines: String) throws -> Container {
    let name = try #require(WorkflowName("c"))
    let definition = try WorkflowFile.read(
      text: "[Container]\nImage=localhost/busybox:1\n\(lines)\n", name: name, queues: [QueueName(builtIn: .container)]
    ).get()
    guard case .container(let container) = definition.work else { throw NotAContainer() }
    return container
  }

  private struct NotAContainer: Error {}

  @Test("Without further keys a container has the defaults")
  func defaults() throws {
    let image = try #require(ImageName("localhost/busybox:1"))
    #expect(try container("") == Container(image: image))
    #expect(try container("").timeout == .seconds(30) && container("").pull == .missing)
  }

  @Test("Every key sets its value")
  func keys() throws {
    let read = try container(
      """
      Exec=sh -c 'echo "a b"'
      Entrypoint=/tini --
      Environment=A=1 "B=x y"
      Environment=C=3
      EnvironmentFile=/etc/a.env
      EnvironmentFile=-/etc/b.env
      User=app:1000
      WorkingDirectory=/srv
      Volume=/data:/data:ro
      Volume=cache:/cache
      Network=none
      Memory=64M
      CPUs=1.25
      PidsLimit=9
      ReadOnly=yes
      Pull=never
      PullTimeout=90
      Requires=gpu
      Requires=big fast
      Timeout=1h
      """)
    #expect(read.arguments == ["sh", "-c", "echo \"a b\""] && read.entrypoint == ["/tini", "--"])
    #expect(read.environment == ["A=1", "B=x y", "C=3"])
    #expect(read.environmentFiles == [.init(path: "/etc/a.env"), .init(path: "/etc/b.env", isOptional: true)])
    #expect(read.user == "app:1000" && read.workingDirectory == "/srv" && read.network == "none")
    #expect(read.volumes.map(\.text) == ["/data:/data:ro", "cache:/cache"])
    #expect(read.memory == 64 << 20 && read.milliCPUs == 1250 && read.pidsLimit == 9 && read.isReadOnly)
    #expect(read.pull == .never && read.pullTimeout == .seconds(90) && read.timeout == .seconds(3600))
    #expect(read.requires == ["gpu", "big", "fast"])
  }

  private func provider(_ lines: String) throws -> Provider {
    let name = try #require(ProviderName("lab"))
    return try ProviderFile.read(Array("[Provider]\n\(lines)\n".utf8), name: name, file: "providers/lab.provider").get()
  }

  @Test("A provider is a socket or an address, with TLS if files are named")
  func providers() throws {
    #expect(try provider("Endpoint=unix:///run/x.sock").endpoint == .unix("/run/x.sock"))
    let remote = try provider(
      "Type=engine\nEndpoint=tcp://engine:2376\nTLSAuthorities=/ca\nTLSCertificate=/c\nTLSKey=/k\nCapabilities=gpu big\nMaxRunning=3"
    )
    let files = TLSFiles(authorities: "/ca", certificate: "/c", key: "/k")
    #expect(remote.endpoint == .tcp(host: "engine", port: 2376, tls: files))
    #expect(remote.capabilities == ["gpu", "big"] && remote.maxRunning == 3)
  }

  @Test(
    "A bad provider is refused with the reason and the correction",
    arguments: [
      ("MaxRunning=1", "needs Endpoint="), ("Endpoint=/run/x.sock", "neither a Unix socket nor a TCP address"),
      ("Endpoint=unix://run/x", "is not an absolute path"), ("Endpoint=tcp://host", "has no port"),
      ("Endpoint=tcp://ho st:1", "U+0020"), ("Type=cloud\nEndpoint=unix:///x", "is not valid. Use one of: engine"),
      ("Endpoint=unix:///x\nTLSKey=/k\nTLSCertificate=/c", "Remove them for a Unix socket"),
      ("Endpoint=tcp://h:1\nTLSKey=/k", "belong together"), ("Endpoint=unix:///x\nMaxRunning=0", "outside the range"),
      ("Endpoint=unix:///x\nCapabilities=G!", "Use words"),
      ("Endpoint=unix:///\(String(repeating: "x", count: 120))", "more than 107 bytes"),
    ])
  func badProviders(_ lines: String, _ fragment: String) throws {
    #expect { try provider(lines) } throws: { ($0 as? UnitFileProblems)?.description.contains(fragment) == true }
  }
}
