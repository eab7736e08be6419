import Dispatch
import Glibc
import TactusLinux
import TactusModel
import TactusPorts
import TactusRunners
import TactusTestSupport
import Testing

@Suite("ProcessRunner: runs and their ends")
struct ProcessRunTests {
  @Test("A program that exits with 0 has succeeded, with its output and its facts")
  func success() async throws {
    let fixture = ProcessFixture()
    // It ends when the other end of the pipe is closed, after its facts were checked.
    let gate = TemporaryFile(named: "gate")
    #expect(mkfifo(gate.path, 0o600) == 0)
    let attempt = fixture.shell("echo out; echo err >&2; cat '\(gate.path)'")
    let facts = try #require(await attempt.started())
    let process = try #require(facts.processID)
    #expect(facts.processStart == ProcessTable.startTicks(of: process))
    close(open(gate.path, O_WRONLY))
    let (ending, report) = try #require(await attempt.ended())
    #expect(ending == .succeeded)
    #expect(report.exitCode == 0 && report.signal == nil)
    #expect(report.logBytes == 8 && report.logDroppedBytes == 0)
    #expect(report.endedAt.map { $0 >= facts.at } == true)
    #expect(fixture.text(of: attempt.id) == "out\n")
    #expect(fixture.text(of: attempt.id, .stderr) == "err\n")
  }

  @Test("An exit code other than 0 and a signal are reported unchanged")
  func failures() async throws {
    let fixture = ProcessFixture()
    let coded = try #require(await fixture.shell("exit 3").ended())
    #expect(coded.ending == .failed(.exitNonzero, "exited with code 3"))
    #expect(coded.report.exitCode == 3)
    let signaled = try #require(await fixture.shell("kill -KILL $$").ended())
    #expect(signaled.ending == .failed(.signaled, "ended by SIGKILL"))
    #expect(signaled.report.signal == 9 && signaled.report.exitCode == nil)
  }

  @Test("A command that cannot run as defined is a validation error with path and reason")
  func invalid() async throws {
    let fixture = ProcessFixture()
    let cases: [(arguments: [String], directory: String?, sentence: String)] = [
      (["/no/such/program"], nil, "cannot execute /no/such/program: No such file or directory"),
      (["/dev/null"], nil, "cannot execute /dev/null: Permission denied, because it is not a regular file"),
      (["/bin/true"], "/no/such", "cannot enter directory /no/such: No such file or directory"),
      (["/bin/true"], "/etc/passwd", "cannot enter directory /etc/passwd: Not a directory"),
    ]
    for (arguments, directory, sentence) in cases {
      let attempt = fixture.start(arguments, directory: directory)
      var events: [RunnerEvent] = []
      for await event in attempt.events { events.append(event) }
      #expect(events.count == 1)
      guard case .ended(let ending, _) = events.first else {
        Issue.record("\(arguments) was started")
        continue
      }
      #expect(ending == .failed(.validationError, sentence))
    }
  }

  @Test(
    "A script without its interpreter is reported, and a carriage return after the interpreter by name",
    arguments: [
      (
        "#!/no/such/interpreter\n",
        "the script's first line asks for /no/such/interpreter, which does not exist. Install it, or correct the line"
      ),
      (
        "#!/bin/sh\r\necho x\r\n",
        "the script's first line ends with a carriage return (\\r), so it asks for /bin/sh^M. Convert the script with "
          + "dos2unix, or save it with Unix line ends"
      ),
    ])
  func interpreter(_ text: String, _ reason: String) async throws {
    let path = "/tmp/tactus-\(ProcessFixture.newID())"
    let script = try Descriptor.open(path, O_WRONLY | O_CREAT, mode: 0o755)
    _ = text.withCString { write(script, $0, strlen($0)) }
    Descriptor.close(script)
    defer { unlink(path) }
    // Between fork and exec, another test's child may have the file open for writing, which causes a temporary ETXTBSY.
    var ending: Ending?
    repeat { ending = await ProcessFixture().start([path]).ended()?.ending } while ending?.code == .dispatchExhausted
    #expect(
      ending
        == .failed(
          .validationError, "cannot find the interpreter of \(path): No such file or directory, because \(reason)"))
  }

  @Test("A control group that cannot be created is not the workflow's fault")
  func groupRefused() async throws {
    let attempt = ProcessFixture(cgroupRoot: "/proc/no-such").start(["/bin/true"])
    #expect(await attempt.ended()?.ending.code == .dispatchExhausted)
  }

  @Test("A start without free descriptors is the machine's fault, and leaves nothing")
  func exhausted() async throws {
    await #expect(processExitsWith: .success) {
      let fixture = ProcessFixture()
      _ = await fixture.shell("exit 0").ended()  // opens the runner's permanent descriptors
      let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
      var limit = rlimit()
      getrlimit(files, &limit)
      let before = limit.rlim_cur
      // There is room for 0, 1, … more descriptors, so the start fails at every step that needs one.
      let free = dup(0)
      close(free)
      for room in 0..<5 {
        limit.rlim_cur = rlim_t(free) + rlim_t(room)
        setrlimit(files, &limit)
        let (ending, _) = await fixture.shell("sleep 30").ended() ?? (.succeeded, Report())
        limit.rlim_cur = before
        setrlimit(files, &limit)
        guard case .failed(.dispatchExhausted, let sentence) = ending else {
          fatalError("with room for \(room): \(ending)")
        }
        guard sentence.hasSuffix("Too many open files") else { fatalError(sentence) }
        guard dup(0) == free else { fatalError("a descriptor leaked with room for \(room)") }
        close(free)
      }
      guard await fixture.shell("exit 0").ended()?.ending == .succeeded else {
        fatalError("the runner did not recover")
      }
    }
  }

  @Test("The environment has only the daemon's four variables, Tactus's own and the definition's")
  func environment() async throws {
    let fixture = ProcessFixture()
    let attempt = fixture.start(
      ["/usr/bin/env"], environment: ["A=1", "LANG=de", "A=2", "TACTUS_ATTEMPT=99", "TACTUS_WORKFLOW=other"])
    _ = await attempt.ended()
    let lines = fixture.text(of: attempt.id).split(separator: "\n").map(String.init)
    #expect(
      Set(lines) == [
        "PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/nonexistent", "LANG=de", "A=2", "TACTUS_JOB_ID=\(attempt.id)",
        "TACTUS_TRIGGER=MANUAL", "TACTUS_ATTEMPT=2", "TACTUS_WORKFLOW=nightly",
        "TACTUS_NOMINAL_AT=1970-01-01T00:00:01.000000Z", "TACTUS_SCHEDULED_AT=1970-01-01T00:00:02.000000Z",
      ])
    #expect(lines.count == Set(lines).count)
  }

  @Test("A job has three descriptors, an empty signal mask, no ignored signals, and empty input")
  func inheritance() async throws {
    let fixture = ProcessFixture()
    let attempt = fixture.shell(
      """
      n=0; while [ $n -lt 512 ]; do [ -e /proc/$$/fd/$n ] && echo "fd $n"; n=$((n + 1)); done
      readlink /proc/self/fd/0; cat; pwd
      grep -E '^Sig(Blk|Ign)' /proc/self/status
      """)
    _ = await attempt.ended()
    #expect(
      fixture.text(of: attempt.id) == """
        fd 0
        fd 1
        fd 2
        /dev/null
        /
        SigBlk:\t0000000000000000
        SigIgn:\t0000000000000000

        """)
  }

  @Test("Five hundred quick jobs at once all end, and leave no descriptor")
  func many() async throws {
    let fixture = ProcessFixture()
    let attempts = (0..<500).map { number in (number, fixture.start(["/bin/echo", "\(number)"])) }
    for (number, attempt) in attempts {
      let ending = await attempt.ended()?.ending
      #expect(ending == .succeeded)
      #expect(fixture.text(of: attempt.id) == "\(number)\n")
    }
  }

  @Test("A start that is late because the machine is busy is not given up")
  func late() async throws {
    let time = SystemTime()
    let errands = Errands(label: "test.errand", limit: 1)
    let fixture = ProcessFixture(lookout: Lookout(errands: errands, silentPaths: SilentPaths(time: time), time: time))
    let gate = DispatchSemaphore(value: 0)
    errands.run { gate.wait() }
    let attempt = fixture.start(["/bin/echo", "late"])
    // Longer than a path may take.
    try await Task.sleep(for: Limits.launchPatience + .seconds(1))
    gate.signal()
    let ending = await attempt.ended()?.ending
    #expect(ending == .succeeded)
    #expect(fixture.text(of: attempt.id) == "late\n")
  }

  @Test("Attempts that are not running here are reported")
  func unknown() async throws {
    let fixture = ProcessFixture()
    let attempt = fixture.shell("echo ready; sleep 600")
    await fixture.sink.wait(for: "ready", from: attempt.id)
    let stranger = ProcessFixture.newID()
    let answer = await withCheckedContinuation { continuation in
      fixture.runner.unknown(among: [attempt.id, stranger]) { continuation.resume(returning: $0) }
    }
    #expect(answer == [stranger])
    fixture.runner.kill(attempt.id)
    _ = await attempt.ended()
  }

  @Test("A stop before the start, a second one, or one after the end has no effect")
  func strayStops() async throws {
    let fixture = ProcessFixture()
    fixture.runner.terminate(ProcessFixture.newID())
    fixture.runner.kill(ProcessFixture.newID())
    let attempt = fixture.shell("exit 0")
    _ = await attempt.ended()
    fixture.runner.terminate(attempt.id)
    #expect(await fixture.shell("exit 0").ended()?.ending == .succeeded)
  }
}
