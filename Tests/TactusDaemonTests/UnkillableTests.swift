import TactusLinux
import TactusModel
import TactusProtocol
import TactusTestSupport
import Testing

@Suite("Jobs that SIGKILL does not end", .enabled(if: SilentFileSystem.isPossible, "needs root and /dev/fuse"))
struct UnkillableTests {
  /// Starts a job that blocks on a file system, and returns its id and its process.
  private func start(_ name: String, on daemon: RunningDaemon) async throws -> (id: String, process: Int) {
    let id = try await daemon.run(name)
    let process = try #require(try await daemon.running(id).pid)
    _ = try await eventually("the job waits for the file system") {
      ProcessTable.waitPlace(of: process)?.contains("request_wait") == true ? true : nil
    }
    return (id, process)
  }

  @Test("The daemon stops although a job cannot be killed, logs its name, and finds the job at the next start")
  func stop() async throws {
    let silent = try await SilentFileSystem()
    let daemon = try await RunningDaemon(
      ["stuck": "[Command]\nExec=/bin/cat \(silent.path)/file\n"], settings: "[Manager]\nStopTimeout=1s\n")
    let (id, process) = try await start("stuck", on: daemon)
    #expect(try await daemon.stop() == 0)
    let obstacle = "cannot be killed: process \(process) is in uninterruptible sleep (D)"
    #expect(daemon.complaints.contains("tactusd stops without job \(id) of stuck: \(obstacle)"), "\(daemon.complaints)")
    #expect(try await daemon.check("--verify").code == 0)

    try await daemon.start()
    let found = try await daemon.job(id)
    #expect(found.status == .running && found.pid == process && isAlive(process), "\(found)")
    silent.answer()
    let job = try await daemon.ended(id)
    #expect(job.status == .failed && [.interrupted, .lost].contains(job.errorCode?.known), "\(job)")
    #expect(!isAlive(process))
    #expect(try await daemon.stop() == 0)
  }

  @Test("show-job, why, status and the journal report a job that a time-out cannot kill, and it stays RUNNING")
  func timeout() async throws {
    let silent = try await SilentFileSystem()
    let daemon = try await RunningDaemon(["stuck": "[Command]\nExec=/bin/cat \(silent.path)/file\nTimeout=1s\n"])
    let (id, process) = try await start("stuck", on: daemon)
    let obstacle = "cannot be killed: process \(process) is in uninterruptible sleep (D)"
    let job = try await eventually("the row says why the job does not end") {
      let job = try await daemon.job(id)
      return job.note == nil ? nil : job
    }
    #expect(job.status == .running && job.note?.hasPrefix(obstacle) == true, "\(job)")
    for arguments in [["show-job", id], ["why", id], ["status"]] {
      let shown = try await Program.built("tactusctl", daemon.environment).run(arguments)
      // The output is wrapped to the width of the terminal.
      let text = shown.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      #expect(shown.code == 0 && text.contains(obstacle), "\(arguments): \(shown)")
    }
    _ = try await eventually("the journal names the job") {
      daemon.complaints.contains("job \(id) of stuck \(obstacle)") ? true : nil
    }

    silent.answer()
    let ended = try await daemon.ended(id)
    #expect(ended.errorCode == .providerTimeout && ended.errorMessage?.contains("cannot be killed") != true, "\(ended)")
  }

  @Test("A job that leaves an unkillable process says so at once, and completes when that process has ended")
  func rest() async throws {
    let silent = try await SilentFileSystem()
    let daemon = try RunningDaemon(notStartedWith: [:])
    // The script ends once its child waits for the file system.
    let script = try daemon.script(
      "leaves", "cat \(silent.path)/file &\nuntil grep -q request_wait /proc/$!/wchan; do sleep 0.05; done\nexit 0")
    try daemon.define("leaves", "[Command]\nExec=\(script)\n")
    try await daemon.start()
    let id = try await daemon.run("leaves")
    let named = try await eventually("the row says why the job does not end", within: .seconds(60)) {
      let job = try await daemon.job(id)
      return job.note == nil ? nil : job
    }
    #expect(named.status == .running && named.note?.contains("uninterruptible sleep (D)") == true, "\(named)")
    silent.answer()
    let ended = try await daemon.ended(id)
    #expect(ended.status == .completed && ended.note == nil && ended.endedProcesses == 1, "\(ended)")
  }
}

@Suite("Processes that commands leave behind")
struct LeftBehindTests {
  @Test("The row of a job, show-job and the journal count the processes that ended with it")
  func counted() async throws {
    let daemon = try RunningDaemon(notStartedWith: [:])
    let script = try daemon.script("leaves", "sleep 600 &\nsleep 600 &\nexit 0")
    try daemon.define("leaves", "[Command]\nExec=\(script)\n")
    try await daemon.start()
    let job = try await daemon.outcome(of: "leaves")
    #expect(job.status == .completed && job.endedProcesses == 2, "\(job)")
    #expect(daemon.jobProcesses().isEmpty)
    let shown = try await daemon.control("show-job", job.id)
    #expect(shown.output.contains("Left behind: 2 processes, ended with the job"), "\(shown)")
    let line = try await eventually("the job's end is in the journal") {
      daemon.complaints.split(separator: "\n").first { $0.contains("job \(job.id) of leaves completed") }
    }
    #expect(line.contains("ended 2 processes that it left behind"), "\(line)")
  }

  @Test("With KillMode=process they survive the end of the job, and a stop and a start of the daemon")
  func stay() async throws {
    let daemon = try RunningDaemon(notStartedWith: [:])
    let script = try daemon.script("leaves", "sleep 600 >/dev/null 2>&1 &\necho $! >left.new\nmv left.new left")
    try daemon.define("leaves", "[Command]\nExec=\(script)\nKillMode=process\n")
    try await daemon.start()
    let job = try await daemon.outcome(of: "leaves")
    #expect(job.status == .completed && job.endedProcesses == nil, "\(job)")
    let left = try #require(Int(daemon.read("left").dropLast()))
    #expect(isAlive(left))
    #expect(try await daemon.stop() == 0)
    try await daemon.start()
    _ = try await daemon.outcome(of: "leaves")
    #expect(isAlive(left))
  }
}
