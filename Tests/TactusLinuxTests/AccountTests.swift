import Glibc
import TactusModel
import TactusTestSupport
import Testing

@testable import TactusLinux

/// Programs as another user: the kernel allows this only to root, or to a daemon with capabilities.
@Suite("Accounts", .enabled(if: geteuid() == 0, "needs root to become other users"))
struct AccountTests {
  /// Ids of no account on the machine, so that no other process or file has them.
  private static let stranger = Account(
    name: "stranger", user: 54_321, group: 54_322, groups: [54_322, 54_323], home: "/")

  private struct Ran {
    var exit: ProcessHandle.Exit?
    var text: String
  }

  private func run(_ script: String, as account: Account? = stranger, directory: String = "/") throws -> Ran {
    let null = try Descriptor.open("/dev/null", O_RDONLY)
    let pipe = try Descriptor.pipe()
    defer { for descriptor in [null, pipe.read] { Descriptor.close(descriptor) } }
    let process: Int
    do {
      defer { Descriptor.close(pipe.write) }
      process = try Spawner.spawn(
        Spawner.Order(
          arguments: ["/bin/sh", "-c", script], environment: [], directory: directory, input: null, output: pipe.write,
          error: pipe.write, account: account))
    }
    let handle = try ProcessHandle(of: process)
    defer { handle.close() }
    var (bytes, buffer): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 4096))
    while case .bytes(let size) = buffer.withUnsafeMutableBytes({ Descriptor.read(pipe.read, into: $0) }) {
      bytes += buffer[..<size]
    }
    return Ran(exit: reaped(handle), text: String(decoding: bytes, as: UTF8.self))
  }

  @Test("A child has only its account: all its ids, its groups, and no capability in any set but the bounding set")
  func identity() throws {
    let ran = try run("grep -E '^(Uid|Gid|Groups|Cap(Inh|Prm|Eff|Amb)):' /proc/self/status")
    let none = "0000000000000000"
    #expect(
      ran.text.split(separator: "\n").map { $0.split(whereSeparator: \.isWhitespace).map(String.init) } == [
        ["Uid:"] + Array(repeating: "54321", count: 4), ["Gid:"] + Array(repeating: "54322", count: 4),
        ["Groups:", "54322", "54323"], ["CapInh:", none], ["CapPrm:", none], ["CapEff:", none], ["CapAmb:", none],
      ])
    #expect(ran.exit == .code(0))
  }

  @Test("A child enters a directory that only its account may enter, and not one that only the parent may")
  func directory() throws {
    let file = TemporaryFile(named: "entered")
    #expect(chown(file.directory, Self.stranger.user, Self.stranger.group) == 0)
    #expect(chmod(file.directory, 0o700) == 0)
    #expect(try run("pwd", directory: file.directory).text == "\(file.directory)\n")
    #expect(chown(file.directory, 0, 0) == 0)
    let failure = try #require(throws: Spawner.Failure.self) { try run("pwd", directory: file.directory) }
    #expect(failure.description == "cannot enter directory \(file.directory): Permission denied")
    #expect(failure.isOrderAtFault)
  }

  @Test("A failure to change to an account is reported with its step")
  func steps() async throws {
    await #expect(processExitsWith: .success) {
      func failure(_ account: Account) -> String {
        do {
          _ = try Spawner.spawn(
            Spawner.Order(
              arguments: ["/bin/true"], environment: [], directory: "/", input: 0, output: 1, error: 2,
              account: account))
          return "none"
        } catch { return "\(error)" }
      }
      let other = Account(name: "other", user: 7, group: 7, groups: [7], home: "/")
      var many = other
      many.groups = Array(repeating: 7, count: 70_000)
      guard failure(many) == "cannot set the supplementary groups of other: Invalid argument" else {
        fatalError(failure(many))
      }
      // From now on the process has no right to become another user.
      guard setgid(5) == 0, setuid(5) == 0 else { fatalError("cannot become uid 5") }
      guard failure(other) == "cannot set the supplementary groups of other: Operation not permitted" else {
        fatalError(failure(other))
      }
      guard !Privileges.coverOtherUsers else { fatalError("uid 5 is reported to have capabilities") }
    }
  }

  @Test("A child that is held up before its exec is killed and reported as a fault of the machine")
  func heldUp() throws {
    let null = try Descriptor.open("/dev/null", O_RDWR)
    let pipe = try Descriptor.pipe()
    defer { for descriptor in [null, pipe.read, pipe.write] { Descriptor.close(descriptor) } }
    // A full pipe replaces cgroup.procs, so the child blocks in its write.
    try Descriptor.setNonBlocking(pipe.write)
    let chunk = [UInt8](repeating: 0, count: 64 << 10)
    while case .bytes = chunk.withUnsafeBytes({ Descriptor.write(pipe.write, from: $0) }) {}
    #expect(fcntl(pipe.write, F_SETFL, fcntl(pipe.write, F_GETFL) & ~O_NONBLOCK) == 0)
    let failure = try #require(throws: Spawner.Failure.self) {
      try Spawner.spawn(
        Spawner.Order(
          arguments: ["/bin/true"], environment: [], directory: "/", input: null, output: null, error: null,
          cgroup: pipe.write, account: Self.stranger))
    }
    #expect(failure.description == "cannot execute /bin/true: Connection timed out")
    #expect(!failure.isOrderAtFault)
  }

  @Test("A child of a protected daemon is not protected from the OOM killer, whichever account it has")
  func oomScore() async throws {
    await #expect(processExitsWith: .success) {
      func score(_ account: Account?) throws -> String {
        let path = "/proc/self/oom_score_adj"
        let pipe = try Descriptor.pipe()
        let process = try Spawner.spawn(
          Spawner.Order(
            arguments: ["/bin/cat", path], environment: [], directory: "/", input: 0, output: pipe.write, error: 2,
            account: account))
        Descriptor.close(pipe.write)
        var buffer = [UInt8](repeating: 0, count: 64)
        guard case .bytes(let size) = buffer.withUnsafeMutableBytes({ Descriptor.read(pipe.read, into: $0) }) else {
          return ""
        }
        waitpid(Int32(process), nil, 0)
        return String(decoding: buffer[..<size], as: UTF8.self)
      }
      let stranger = Account(name: "s", user: 54_321, group: 54_322, groups: [], home: "/")
      // Root in a container may not protect itself.
      if (try? SmallFile.write("-500", to: "/proc/self/oom_score_adj")) != nil {
        guard try score(nil) == "0\n", try score(stranger) == "0\n" else { fatalError("a child is protected") }
        guard SmallFile.text("/proc/self/oom_score_adj") == "-500\n" else { fatalError("the daemon is not protected") }
      } else {
        print("SKIPPED: this machine lets nobody be protected from the OOM killer")
      }
      try SmallFile.write("300", to: "/proc/self/oom_score_adj")
      guard try score(nil) == "300\n", try score(stranger) == "300\n" else { fatalError("a raised score was changed") }
    }
  }

  @Test("An account is looked up with its groups, and a missing one is nil")
  func lookUp() throws {
    let root = try #require(Account.named("root"))
    #expect(root.user == 0 && root.group == 0 && root.groups.contains(0) && root.home == "/root")
    #expect(Account.named("no-such-account") == nil)
    #expect(Account.isThere("root") == true && Account.isThere("no-such-account") == false)
    #expect(Group.isThere("root") == true && Group.isThere("no-such-group") == false)
    #expect(Account.name(of: 0) == "root" && Account.name(of: 54_321) == "uid 54321")
    #expect(Privileges.coverOtherUsers)
  }
}
