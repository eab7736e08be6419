import Glibc
import TactusModel
import TactusTestSupport
import Testing

@testable import TactusLinux

@Suite("Processes")
struct ProcessTests {
  /// Runs a shell script to its end; returns its exit and its output.
  private func run(_ script: String, environment: [String] = []) throws -> (ProcessHandle.Exit?, String) {
    let (order, output) = try shell(script, environment: environment)
    let handle = try ProcessHandle(of: Spawner.spawn(order))
    Descriptor.close(order.output)
    Descriptor.close(order.input)
    let text = text(from: output)
    Descriptor.close(output)
    defer { handle.close() }
    return (reaped(handle), text)
  }

  private func shell(
    _ script: String, environment: [String] = []
  ) throws -> (order: Spawner.Order, output: Int32) {
    let pipe = try Descriptor.pipe()
    let null = try Descriptor.open("/dev/null", O_RDONLY)
    let order = Spawner.Order(
      arguments: ["/bin/sh", "-c", script], environment: environment, directory: "/", input: null,
      output: pipe.write, error: pipe.write)
    return (order, pipe.read)
  }

  private func text(from descriptor: Int32) -> String {
    var (bytes, buffer): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 4096))
    while case .bytes(let size) = buffer.withUnsafeMutableBytes({ Descriptor.read(descriptor, into: $0) }) {
      bytes += buffer[..<size]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test("A child's exit code and signal are reported")
  func exits() throws {
    #expect(try run("exit 3").0 == .code(3))
    #expect(try run("exit 0").0 == .code(0))
    #expect(try run("kill -9 $$").0 == .signal(.kill, dumpedCore: false))
  }

  @Test("A child has a new session, the given directory, and only the given environment")
  func surroundings() throws {
    let (_, text) = try run(
      "pwd; tr '\\0' '\\n' </proc/self/environ; ps -o sid= -p $$ | tr -d ' ' >/dev/null; cut -d' ' -f6 /proc/$$/stat; echo $$",
      environment: ["A=b", "EMPTY="])
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.prefix(3) == ["/", "A=b", "EMPTY="])
    #expect(lines.dropFirst(3).first == lines.dropFirst(4).first)
  }

  @Test("A child has descriptors 0, 1 and 2 only, even beside one that is not close-on-exec")
  func descriptors() throws {
    let leak = open("/dev/null", O_RDONLY)
    defer { Descriptor.close(leak) }
    let (_, text) = try run("n=0; while [ $n -lt 512 ]; do [ -e /proc/$$/fd/$n ] && echo $n; n=$((n + 1)); done")
    #expect(text == "0\n1\n2\n")
  }

  @Test("A child starts with an empty signal mask and no ignored signals")
  func signals() throws {
    // A daemon ignores SIGPIPE. The tests do not depend on it otherwise.
    Signals.ignoreBrokenPipes()
    let (_, text) = try run("grep -E '^Sig(Blk|Ign)' /proc/self/status")
    #expect(text == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n")
  }

  @Test("A failed start is reported with its step")
  func refusals() throws {
    let null = try Descriptor.open("/dev/null", O_RDWR)
    defer { Descriptor.close(null) }
    func sentence(_ path: String, directory: String = "/", arguments: [String] = []) -> String? {
      let order = Spawner.Order(
        arguments: [path] + arguments, environment: [], directory: directory, input: null, output: null, error: null)
      do {
        _ = try Spawner.spawn(order)
        return nil
      } catch { return "\(error)" }
    }
    #expect(sentence("/no/such") == "cannot execute /no/such: No such file or directory")
    #expect(sentence("/etc/passwd") == "cannot execute /etc/passwd: Permission denied")
    #expect(sentence("/bin") == "cannot execute /bin: Permission denied")
    #expect(
      sentence("/bin/true", directory: "/no/such") == "cannot enter directory /no/such: No such file or directory")
    #expect(
      sentence("/bin/true", arguments: ["a\0b"])
        == "cannot pass argument 1, which contains a zero byte: Invalid argument")
    #expect(
      sentence("/bin/true", arguments: [String(repeating: "x", count: 1 << 20)])
        == "cannot execute /bin/true: Argument list too long")
  }

  @Test("A refused start leaves no child and no descriptor")
  func noRemains() throws {
    let null = try Descriptor.open("/dev/null", O_RDWR)
    defer { Descriptor.close(null) }
    let order = Spawner.Order(
      arguments: ["/no/such"], environment: [], directory: "/", input: null, output: null, error: null)
    for _ in 0..<100 { #expect(throws: Spawner.Failure.self) { _ = try Spawner.spawn(order) } }
    var exit: siginfo_t = siginfo_t()
    // Other tests have children. This checks for a zombie of this test, after a hundred chances.
    #expect(waitid(P_ALL, 0, &exit, WEXITED | WNOHANG | WNOWAIT) == 0 || errno == ECHILD)
  }

  @Test("Start ticks are parsed with any process name, and distinguish a dead from a live process")
  func startTicks() throws {
    let fields = (3...52).map { $0 == 22 ? "987654" : "\($0)" }.joined(separator: " ")
    #expect(ProcessTable.startTicks(in: Array("42 (a) b) (c ) \(fields)".utf8)) == 987_654)
    #expect(ProcessTable.startTicks(in: Array("nonsense".utf8)) == nil)
    #expect(ProcessTable.startTicks(in: Array("1 (x) S 2".utf8)) == nil)
    #expect(ProcessTable.startTicks(of: Int(getpid())).map { $0 > 0 } == true)
    #expect(ProcessTable.startTicks(of: 1 << 30) == nil)
  }

  @Test(
    "A process is identified by the pipes it writes to, and a child before its exec belongs to the daemon"
  )
  func pipes() throws {
    let (toRead, written) = try Descriptor.pipe()
    let (read, toWrite) = try Descriptor.pipe()
    defer { for descriptor in [toRead, written, read, toWrite] { Descriptor.close(descriptor) } }
    let handle = try ProcessHandle(
      of: Spawner.spawn(
        Spawner.Order(
          arguments: ["/bin/sleep", "600"], environment: [], directory: "/", input: toRead, output: toWrite,
          error: toWrite)))
    defer {
      handle.send(.kill)
      _ = reaped(handle)
      handle.close()
    }
    let pipes = ProcessTable.writtenPipes(of: handle.process)
    #expect(pipes.contains(try #require(Descriptor.inode(of: toWrite))))
    #expect(!pipes.contains(try #require(Descriptor.inode(of: toRead))))
    #expect(!ProcessTable.runsOwnProgram(handle.process) && ProcessTable.runsOwnProgram(Int(getpid())))
  }

  @Test("A process whose first thread has ended is still alive, and may fork")
  func firstThread() throws {
    func entry(state: String, threads: Int) throws -> ProcessCensus.Entry {
      let fields = (3...52).map { $0 == 3 ? state : $0 == 20 ? "\(threads)" : "\($0)" }.joined(separator: " ")
      return try #require(ProcessTable.entry(of: 42, in: Array("42 (a) b) \(fields)".utf8)))
    }
    let zombie = try entry(state: "Z", threads: 1)
    #expect(zombie.hasEnded && !zombie.mayFork && zombie.parent == 4 && zombie.group == 5 && zombie.session == 6)
    let rest = try entry(state: "Z", threads: 2)
    #expect(!rest.hasEnded && rest.mayFork)
    #expect(try entry(state: "S", threads: 1).mayFork && !entry(state: "T", threads: 3).mayFork)
    #expect(ProcessTable.threads(of: Int(getpid())).contains(Int(getpid())))
  }

  @Test("An entry of an environment is found only as a whole")
  func entries() {
    func holds(_ block: String, _ entry: String, whole: Bool = true) -> Bool {
      ProcessTable.holds(Array(block.utf8), Array(entry.utf8), whole: whole)
    }
    #expect(holds("A=1\0B=2\0", "A=1") && holds("A=1\0B=2\0", "B=2") && holds("B=2", "B=2"))
    #expect(!holds("A=12\0", "A=1") && !holds("XA=1\0", "A=1") && !holds("", "A=1"))
    #expect(holds("XA=1\0A=1\0", "A=1") && holds("A=12\0A=1\0", "A=1"))
    #expect(holds("A=12\0", "A=", whole: false) && !holds("XA=12\0", "A=", whole: false))
  }

  @Test("The processes of a job are found by the id in their environment and by their session")
  func carriers() throws {
    var generator = SystemRandomNumberGenerator()
    let job = JobID(at: SystemTime().now, using: &generator)
    let (order, output) = try shell(
      "setsid sleep 60 & env -i sleep 60 & echo started; wait",
      environment: ["PATH=/usr/bin:/bin", "TACTUS_JOB_ID=\(job)"])
    let handle = try ProcessHandle(of: Spawner.spawn(order))
    var buffer = [UInt8](repeating: 0, count: 64)
    _ = buffer.withUnsafeMutableBytes { Descriptor.read(output, into: $0) }
    defer {
      for process in ProcessTable.processes(carrying: job, inSession: handle.process) { kill(Int32(process), SIGKILL) }
      _ = reaped(handle)
      for descriptor in [output, order.input, order.output, handle.descriptor] { Descriptor.close(descriptor) }
    }
    let carrying = ProcessTable.processes(carrying: job)
    #expect(carrying.contains(handle.process))
    #expect(ProcessCensus.take().carriers[job]?.contains(handle.process) == true)
    #expect(ProcessTable.processes(carrying: job, inSession: handle.process).count >= carrying.count)
    #expect(ProcessTable.command(of: handle.process)?.hasPrefix("/bin/sh -c") == true)
  }

  @Test("The machine has a boot id and cores")
  func machine() throws {
    #expect(try Machine.bootID().count == 36)
    #expect(Machine.coreCount >= 1)
  }

  @Test("The daemon's own control group is found in the texts of the kernel")
  func ownGroup() {
    let mounts = """
      31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
      32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime shared:5 - cgroup cgroup rw,cpu
      41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:6 master:1 - cgroup2 cgroup2 rw
      """
    #expect(
      ControlGroup.own(memberships: "4:memory:/x\n0::/system.slice/t.service\n", mounts: mounts)?.path
        == "/sys/fs/cgroup/unified/system.slice/t.service")
    #expect(ControlGroup.own(memberships: "0::/\n", mounts: mounts)?.path == "/sys/fs/cgroup/unified")
    let nested = "41 31 0:38 /docker/1 /sys/fs/cgroup rw - cgroup2 cgroup2 rw"
    #expect(ControlGroup.own(memberships: "0::/docker/1/a\n", mounts: nested)?.path == "/sys/fs/cgroup/a")
    #expect(ControlGroup.own(memberships: "0::/docker/1\n", mounts: nested)?.path == "/sys/fs/cgroup")
    #expect(ControlGroup.own(memberships: "0::/elsewhere\n", mounts: nested) == nil)
    #expect(ControlGroup.own(memberships: "4:memory:/x\n", mounts: mounts) == nil)
  }
}

/// Waits for the end of a child with poll(2) on its pidfd, and reaps it.
///
/// Each test reaps its children: a zombie keeps the exit tests of this process from seeing their own child.
@discardableResult
func reaped(_ handle: ProcessHandle) -> ProcessHandle.Exit? {
  var entry = pollfd(fd: handle.descriptor, events: Int16(POLLIN), revents: 0)
  poll(&entry, 1, 30_000)
  return handle.reap()
}
