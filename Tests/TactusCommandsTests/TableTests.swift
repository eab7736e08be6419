import Synchronization
import TactusFuzzing
import TactusModel
import TactusProtocol
import TactusTransport
import Testing

@testable import TactusCommands

@Suite("Tables and sheets")
struct TableTests {
  /// Runs a command on a terminal of 80 columns and compares every line.
  private func expect(_ words: [String], _ snapshot: String) async throws {
    let daemon = try CannedDaemon()
    let ran = CannedDaemon.run(words, environment: ["TACTUS_SOCKET": daemon.path])
    #expect(ran.output == snapshot + "\n")
    #expect(ran.complaints == "")
    #expect(ran.code == 0)
    #expect(ran.lines.allSatisfy { $0.count <= 80 })
    await daemon.stop()
  }

  @Test("status")
  func status() async throws {
    try await expect(
      ["status"],
      """
      ● tactusd 0.1.0: degraded
          Since: 2026-12-01T01:00:00Z (2 h ago)
            PID: 4711
          Store: 9f2c, 1.2M
      Workflows: 5 active, 1 terminated
           Jobs: 2 pending, 0 queued, 1 running
          Ended: 120 completed, 4 failed, 0 canceled

      QUEUE      RUNNING  MAX  QUEUED   MAX
      command          1    4       0  1000
      heartbeat        0  256      12  1000

      RUNNING   WORKFLOW  TRIGGER     FOR
      deadbeef  nightly   AUTOMATIC  59 s

      NEXT      WORKFLOW
      in 4 min  nightly
      in 1 h    a-workflow-with-a-name-that-is-far-too-long-for-a-narrow-table-x

      1 min ago: the store cannot be written: No space left on device
      """)
  }

  @Test("list-workflows")
  func workflows() async throws {
    try await expect(
      ["list-workflows"],
      """
      NAME                       KIND       STATE       EVERY       NEXT      FAILURES
      nightly                    command    ACTIVE      1 h 30 min  in 4 min       1/3
      a-workflow-with-a-name-t…  heartbeat  TERMINATED  -           -              3/3

      2 workflows, 1 terminated.
      """)
  }

  @Test("list-jobs")
  func jobs() async throws {
    try await expect(
      ["list-jobs", "--limit", "4"],
      """
      ID        WORKFLOW  TRIGGER    STATUS       SCHEDULED  DURATION  REASON
      89abcdef  nightly   AUTOMATIC  PENDING/due  now               -  overlap
      deadbeef  nightly   AUTOMATIC  RUNNING      1 min ago      59 s  -
      0badf00d  nightly   MANUAL     COMPLETED    2 min ago   1.993 s  -
      1cebabe5  nightly   AUTOMATIC  FAILED       3 min ago   1.993 s  EXIT_NONZERO

      4 jobs. More with --cursor=am9iczo0Mg==.
      """)
  }

  @Test("list-jobs without its legend")
  func jobsWithoutLegend() async throws {
    try await expect(
      ["list-jobs", "--no-legend"],
      """
      89abcdef  nightly   AUTOMATIC  PENDING/due  now               -  overlap
      deadbeef  nightly   AUTOMATIC  RUNNING      1 min ago      59 s  -
      0badf00d  nightly   MANUAL     COMPLETED    2 min ago   1.993 s  -
      1cebabe5  nightly   AUTOMATIC  FAILED       3 min ago   1.993 s  EXIT_NONZERO
      """)
  }

  @Test("show-job")
  func job() async throws {
    try await expect(
      ["show-job", "1cebabe5"],
      """
               Id: 01932c07-a0b0-7123-8123-45671cebabe5
         Workflow: nightly
             Kind: command
          Trigger: AUTOMATIC
           Status: FAILED
            Error: EXIT_NONZERO: the program ended with code 7
        Exit code: 7
          Nominal: 2026-12-01T02:59:00.000Z (1 min ago)
        Scheduled: 2026-12-01T02:57:00.000Z (3 min ago)
          Created: 2026-12-01T01:29:00.000Z (1 h ago)
          Started: 2026-12-01T02:57:00.004Z (2 min ago)
            Ended: 2026-12-01T02:57:01.997Z (2 min ago)
      Start delay: 4 ms
         Duration: 1.993 s
         CPU time: 12 ms
           Output: 300 bytes, 1.5K more not stored
      Left behind: 2 processes, ended with the job
            Queue: command
         Priority: 0
       Generation: 3
          Attempt: 1
      """)
  }

  @Test("show-workflow")
  func workflow() async throws {
    try await expect(
      ["show-workflow", "nightly"],
      """
                   Name: nightly
                   Kind: command
                   Exec: /bin/true
                 Runner: auto
                Timeout: 1 h
                  State: ACTIVE
                  Every: 1 h 30 min
               Next run: 2026-12-01T03:04:00Z (in 4 min)
                 Anchor: 2026-12-01T01:34:00Z (1 h ago)
                  Queue: command
               Priority: 0
      Failures in a row: 1 (limit: 3)
             Generation: 3
             Defined by: socket
                Created: 2026-11-29T03:00:00Z (2 d ago)
                Updated: 2026-12-01T02:00:00Z (1 h ago)
      """)
  }

  @Test("list-jobs is in the order of the instants that it shows")
  func order() async throws {
    let daemon = try CannedDaemon { operation, reply throws(CallFailure) in
      guard case .listJobs(let request) = operation else { throw .methodNotImplemented(method: "") }
      var jobs = Canned.jobs
      // The planned job was created before a manual job that has run since. The last job has no start time yet.
      (jobs[2].scheduledAt, jobs[3].scheduledAt) = (Canned.at(3600), nil)
      reply.answer(request, with: .init(jobs: jobs, nextCursor: nil))
    }
    let shown = daemon.run("list-jobs", "--no-legend").lines.dropLast().map { String($0.prefix(8)) }
    #expect(shown == ["1cebabe5", "0badf00d", "89abcdef", "deadbeef"])
    let json = daemon.run("list-jobs", "--json=short").output
    let places = ["89abcdef\"", "deadbeef\"", "0badf00d\"", "1cebabe5\""].map { json.firstRange(of: $0)?.lowerBound }
    #expect(places.compactMap(\.self) == places.compactMap(\.self).sorted() && places.allSatisfy { $0 != nil })
    await daemon.stop()
  }

  @Test("A table that is too wide drops the trigger before it shortens other columns")
  func dispensable() async throws {
    let daemon = try CannedDaemon { operation, reply throws(CallFailure) in
      guard case .listJobs(let request) = operation else { throw .methodNotImplemented(method: "") }
      var job = Canned.jobs[3]
      (job.workflow, job.errorCode) = ("a-backup-of-everything", .known(.providerTimeout))
      reply.answer(request, with: .init(jobs: [job], nextCursor: nil))
    }
    #expect(
      daemon.run("list-jobs", "--no-legend").output
        == "1cebabe5  a-backup-of-everything  FAILED  3 min ago   1.993 s  PROVIDER_TIMEOUT\n")
    #expect(daemon.run("list-jobs", "--no-legend", columns: 90).output.contains("  AUTOMATIC  FAILED"))
    await daemon.stop()
  }

  @Test("Errors wrap at the width of a terminal, and nowhere else")
  func complaints() {
    func said(_ columns: Int?) -> String {
      let said = Mutex("")
      let console = Console(columns: nil, complaintColumns: columns, hasColours: false, now: CannedDaemon.now) {
        _, bytes in
        said.withLock { $0 += String(decoding: bytes, as: UTF8.self) }
      }
      console.complain("no daemon answers at /run/tactus/control.sock: start it")
      return said.withLock { $0 }
    }
    #expect(said(nil) == "tactusctl: no daemon answers at /run/tactus/control.sock: start it\n")
    #expect(said(80) == said(nil))
    #expect(said(42) == "tactusctl: no daemon answers at\n  /run/tactus/control.sock: start it\n")
  }

  @Test("No line is longer than the terminal, however narrow", arguments: [50, 60, 80, 132])
  func narrow(columns: Int) async throws {
    let daemon = try CannedDaemon()
    for words in ["list-jobs", "list-workflows", "upcoming", "stats", "providers", "status", "show-workflow nightly"] {
      let ran = CannedDaemon.run(
        words.split(separator: " ").map(String.init), columns: columns, environment: ["TACTUS_SOCKET": daemon.path])
      #expect(ran.lines.allSatisfy { $0.columns <= columns }, "\(ran.output)")
    }
    await daemon.stop()
  }

  @Test("A table in a pipe has exact instants and complete names")
  func piped() async throws {
    let daemon = try CannedDaemon()
    let jobs = daemon.run("list-jobs", columns: nil)
    #expect(jobs.output.contains("2026-12-01T02:57:00.000000Z"))
    #expect(!jobs.output.contains("ago"))
    let workflows = daemon.run("list-workflows", columns: nil)
    #expect(workflows.output.contains("a-workflow-with-a-name-that-is-far-too-long-for-a-narrow-table-x"))
    await daemon.stop()
  }

  @Test("Colours mark important words, and appear only if they are enabled")
  func colours() async throws {
    let daemon = try CannedDaemon()
    #expect(daemon.run("list-jobs", hasColours: true).output.contains("\u{1B}[1;31mFAILED\u{1B}[0m"))
    for words in [["list-jobs"], ["status"], ["list-workflows"]] {
      #expect(!CannedDaemon.run(words, environment: ["TACTUS_SOCKET": daemon.path]).output.contains("\u{1B}"))
    }
    await daemon.stop()
  }

  @Test("The help of every verb fits a terminal of 80 columns")
  func help() {
    for words in [["--help"]] + Tactusctl.verbs.map({ [$0.name, "--help"] }) {
      let ran = CannedDaemon.run(words)
      #expect(ran.code == 0 && ran.complaints.isEmpty)
      for line in ran.lines { #expect(line.count <= 80, "\(words): \(line)") }
    }
  }
}
