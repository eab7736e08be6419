import Testing

@testable import TactusCommands

@Suite("What people see")
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
          Since: 2026-12-01T01:00:00.000000Z (2 h ago)
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

      4 jobs; more with --cursor=am9iczo0Mg==.
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
          Nominal: 2026-12-01T02:59:00.000000Z (1 min ago)
        Scheduled: 2026-12-01T02:57:00.000000Z (3 min ago)
          Created: 2026-12-01T01:29:00.000000Z (1 h ago)
          Started: 2026-12-01T02:57:00.004000Z (2 min ago)
            Ended: 2026-12-01T02:57:01.997000Z (2 min ago)
      Start delay: 4 ms
         Duration: 1.993 s
         CPU time: 12 ms
           Output: 300, 1.5K more not kept
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
               Next run: 2026-12-01T03:04:00.000000Z (in 4 min)
                 Anchor: 2026-12-01T01:34:00.000000Z (1 h ago)
                  Queue: command
               Priority: 0
      Failures in a row: 1, and 3 terminate it
             Generation: 3
             Defined by: socket
                Created: 2026-11-29T03:00:00.000000Z (2 d ago)
                Updated: 2026-12-01T02:00:00.000000Z (1 h ago)
      """)
  }

  @Test("No line is longer than the terminal, however narrow", arguments: [50, 60, 80, 132])
  func narrow(columns: Int) async throws {
    let daemon = try CannedDaemon()
    for words in ["list-jobs", "list-workflows"] {
      let ran = daemon.run(words, columns: columns)
      #expect(ran.lines.allSatisfy { $0.columns <= columns }, "\(ran.output)")
    }
    await daemon.stop()
  }

  @Test("A table that is read by a program has exact instants and whole names")
  func piped() async throws {
    let daemon = try CannedDaemon()
    let jobs = daemon.run("list-jobs", columns: nil)
    #expect(jobs.output.contains("2026-12-01T02:57:00.000000Z"))
    #expect(!jobs.output.contains("ago"))
    let workflows = daemon.run("list-workflows", columns: nil)
    #expect(workflows.output.contains("a-workflow-with-a-name-that-is-far-too-long-for-a-narrow-table-x"))
    await daemon.stop()
  }

  @Test("Colours are on the words that matter, and nowhere without being asked for")
  func colours() async throws {
    let daemon = try CannedDaemon()
    #expect(daemon.run("list-jobs", hasColours: true).output.contains("\u{1B}[1;31mFAILED\u{1B}[0m"))
    for words in [["list-jobs"], ["status"], ["list-workflows"]] {
      #expect(!CannedDaemon.run(words, environment: ["TACTUS_SOCKET": daemon.path]).output.contains("\u{1B}"))
    }
    await daemon.stop()
  }

  @Test("The help of every verb fits a terminal")
  func help() {
    for words in [["--help"]] + Tactusctl.verbs.map({ [$0.name, "--help"] }) {
      let ran = CannedDaemon.run(words)
      #expect(ran.code == 0 && ran.complaints.isEmpty)
      for line in ran.lines { #expect(line.count <= 80, "\(words): \(line)") }
    }
  }
}
