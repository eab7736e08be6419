import Foundation
import Glibc
import TactusLinux
import TactusModel
import TactusProtocol
import TactusTestSupport
import Testing

@Suite("The daemon and its service manager")
struct SupervisionTests {
  private func started(
    _ workflows: [String: String], variables: [String: String] = [:]
  ) async throws -> (RunningDaemon, NotifySocket) {
    let daemon = try RunningDaemon(notStartedWith: workflows, variables: variables)
    let notify = try NotifySocket(at: "\(daemon.directory)/notify")
    try daemon.spawn(notifySocket: notify.path)
    #expect(try await daemon.reports(notify, "READY=1") { $0 == "READY=1" } != nil)
    return (daemon, notify)
  }

  /// Starts a socket activator that starts the daemon at the first call.
  ///
  /// The file `activation` has their messages.
  private func activated(_ daemon: RunningDaemon, at path: String, _ options: String...) async throws -> ProcessHandle {
    try FileManager.default.createDirectory(atPath: "\(daemon.directory)/run", withIntermediateDirectories: true)
    let activator = Program(
      path: "/usr/bin/systemd-socket-activate",
      environment: Program.baseEnvironment.merging(daemon.environment) { $1 })
    let log = try Descriptor.open("\(daemon.directory)/activation", O_WRONLY | O_CREAT, mode: 0o600)
    defer { Descriptor.close(log) }
    // The activator passes on no other variables, and a sanitizer needs its options.
    let names = Array(daemon.environment.keys) + Program.baseEnvironment.keys.filter { $0 == "TSAN_OPTIONS" }
    let variables = names.map { "--setenv=\($0)" }
    let process = try activator.start(
      variables + ["--listen=\(path)"] + options + ["\(Program.products)/tactusd"], output: log, error: log)
    _ = try await eventually("the socket exists") { access(path, F_OK) == 0 ? true : nil }
    return process
  }

  @Test("The status line shows running and queued jobs and the next instant, and a stop requests more time")
  func status() async throws {
    let (daemon, notify) = try await started([
      "long": "[Command]\nExec=/bin/sleep 60\n",
      "yearly": "[Schedule]\nInterval=365d\nStartAt=2099-12-01T03:00:00Z\n[Command]\nExec=/bin/true\n",
    ])
    let idle = "STATUS=0 running, 0 queued; next due 2099-12-01T03:00:00Z"
    #expect(try await daemon.reports(notify, idle) { $0 == idle } != nil)
    let job = try await daemon.run("long")
    let busy = "STATUS=1 running, 0 queued; next due 2099-12-01T03:00:00Z"
    #expect(try await daemon.reports(notify, busy) { $0 == busy } != nil)
    try await daemon.call(CancelJobs(ids: [job]))
    #expect(try await daemon.reports(notify, idle) { $0 == idle } != nil)
    daemon.send(.terminate)
    #expect(try await daemon.reports(notify, "more time") { $0 == "EXTEND_TIMEOUT_USEC=47000000" } != nil)
    #expect(try await daemon.end() == 0)
  }

  @Test(
    "The status line shows the number of refused files, and during a stop not the next instant"
  )
  func refusedFiles() async throws {
    let (daemon, notify) = try await started([
      // This job ignores SIGTERM, so that the stop takes long.
      "long": "[Command]\nExec=/bin/sh -c 'trap \"\" TERM; echo ready; while :; do sleep 0.1; done'\n",
      "yearly": "[Schedule]\nInterval=365d\nStartAt=2099-12-01T03:00:00Z\n[Command]\nExec=/bin/true\n",
    ])
    let idle = "0 running, 0 queued; next due 2099-12-01T03:00:00Z"
    #expect(try await daemon.reports(notify, idle) { $0 == "STATUS=\(idle)" } != nil)
    try daemon.define("bad", "[Command]\nNice=3\nNicer=4\n")
    daemon.send(.hangUp)
    let one = "STATUS=1 file is refused (see tactusctl status); \(idle)"
    #expect(try await daemon.reports(notify, one) { $0 == one } != nil)
    try daemon.define("worse", "[Command]\n")
    daemon.send(.hangUp)
    let two = "STATUS=2 files are refused (see tactusctl status); \(idle)"
    #expect(try await daemon.reports(notify, two) { $0 == two } != nil)
    for name in ["bad", "worse"] { try daemon.undefine(name) }
    daemon.send(.hangUp)
    #expect(try await daemon.reports(notify, idle) { $0 == "STATUS=\(idle)" } != nil)
    _ = try await daemon.running(daemon.run("long"))
    daemon.send(.terminate)
    let stopping = try await daemon.reports(notify, "the stop") { $0.hasPrefix("STATUS=stopping") }
    #expect(stopping == "STATUS=stopping; 1 running, 0 queued")
    daemon.send(.terminate)
    #expect(try await daemon.end() == 0)
  }

  @Test("The daemon notifies the watchdog twice per interval, and no more once a work queue is blocked")
  func watchdog() async throws {
    let faults = TemporaryFile(named: "")
    let (daemon, notify) = try await started(
      ["quick": "[Command]\nExec=/bin/true\n"],
      variables: ["WATCHDOG_USEC": "2000000", "TACTUS_DEBUG": faults.directory])
    for _ in 0..<3 { #expect(try await daemon.reports(notify, "WATCHDOG=1") { $0 == "WATCHDOG=1" } != nil) }
    #expect(try await daemon.outcome(of: "quick").status == .completed)
    try "tactus.execution".write(toFile: "\(faults.directory)/block", atomically: true, encoding: .utf8)
    daemon.send(.user2)
    // On a busy machine, other queues may also be late.
    func reported() -> Int {
      daemon.complaints.split(separator: "\n").count {
        $0.contains("tactus.execution") && $0.contains("did not answer")
      }
    }
    _ = try await eventually("the blocked queue is reported") { reported() > 0 ? true : nil }
    // After a whole interval without a notification, a service manager would kill the daemon.
    notify.drain()
    try await daemon.rest(.seconds(3))
    #expect(notify.drain().allSatisfy { $0 != "WATCHDOG=1" })
    #expect(reported() == 1)
    try await daemon.kill()
  }

  @Test("The daemon serves a socket of the service manager from the first call on, and does not remove it")
  func activation() async throws {
    let daemon = try RunningDaemon(notStartedWith: ["quick": "[Command]\nExec=/bin/true\n"])
    let process = try await activated(daemon, at: daemon.socket)
    // This call starts the daemon.
    let ran = try await daemon.control("run", "quick", "--wait")
    #expect(ran.code == 0, "\(ran.complaints)\(daemon.read("activation"))")
    process.send(.terminate)
    #expect(try await blocking("the daemon ends") { try process.waitForEnd(within: patience) } == 0)
    #expect(access(daemon.socket, F_OK) == 0, "the socket belongs to the service manager")
  }

  @Test("A call to a daemon that cannot start returns the reason, and does not start it again")
  func turnedAway() async throws {
    let daemon = try RunningDaemon(notStartedWith: [:], settings: "[Manager]\nStopTimout=5s\n")
    let process = try await activated(daemon, at: daemon.socket)
    let ran = try await daemon.control("list-jobs")
    #expect(ran.code != 0 && ran.complaints.contains("tactusd.conf:2 is refused. Fix it"), "\(ran)")
    let code = try await blocking("the daemon ends") { try process.waitForEnd(within: patience) }
    #expect(code == 78, "\(daemon.read("activation"))")
    #expect(daemon.read("activation").contains("Did you mean StopTimeout="), "\(daemon.read("activation"))")
  }

  @Test("The daemon refuses anything but one listening stream socket, with a message")
  func wrongSocket() async throws {
    let daemon = try RunningDaemon(notStartedWith: [:])
    let path = "\(daemon.directory)/datagrams"
    let process = try await activated(daemon, at: path, "--datagram")
    _ = try await Program(path: "/usr/bin/python3", environment: Program.baseEnvironment).run([
      "-c",
      "import socket, sys; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'x', sys.argv[1])", path,
    ])
    #expect(try await blocking("the daemon ends") { try process.waitForEnd(within: patience) } == 1)
    #expect(daemon.read("activation").contains("one listening Unix stream socket"), "\(daemon.read("activation"))")
  }

  @Test("Clock steps of an hour, a day and ten years, forward and back, repeat no instant and stop no schedule")
  func clockSteps() async throws {
    let faults = TemporaryFile(named: "")
    let (daemon, _) = try await started(
      ["tick": "[Workflow]\nMisfire=latest\n[Schedule]\nInterval=1s\n[Command]\nExec=/bin/true\n"],
      variables: ["TACTUS_DEBUG": faults.directory])
    let day = 86_400
    for offset in [3600, 0, day, 0, 3650 * day, 0] {
      try "\(offset)".write(toFile: "\(faults.directory)/clock-offset", atomically: true, encoding: .utf8)
      daemon.send(.user2)
      // The workflow runs by the new clock within seconds.
      let before = SystemTime(shift: ClockShift(offset: .seconds(offset))).now
      _ = try await eventually("a run after the step to \(offset) s") { () -> Bool? in
        let jobs = try await daemon.jobs("tick", .completed)
        return jobs.contains { job in
          job.nominalAt.map { $0 > before && $0 < before + .seconds(1800) } ?? false
        } ? true : nil
      }
    }
    let log = try await daemon.log()
    #expect(log.contains(/the wall clock was set forward by 3(600\.0|599\.9)/))
    #expect(log.contains("the wall clock was set back by 3"))
    let jobs = try await daemon.jobs("tick").compactMap(\.nominalAt)
    #expect(Set(jobs).count == jobs.count, "no instant ran twice")
    #expect(try await daemon.stop() == 0)
    let verified = try await daemon.check("--verify")
    #expect(verified.code == 0 && verified.output.contains("every promise holds"), "\(verified.output)")
  }
}
