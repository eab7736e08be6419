import Foundation
import TactusFuzzing
import TactusMessages
import TactusModel
import TactusProtocol
import Testing

@testable import TactusCommands

@Suite("Verbs")
struct VerbTests {
  private func withDaemon(_ body: (CannedDaemon) throws -> Void) async throws {
    let daemon = try CannedDaemon()
    try body(daemon)
    await daemon.stop()
  }

  @Test("apply sends each file under its name, and continues after a failure")
  func apply() async throws {
    try await withDaemon { daemon in
      let good = try daemon.file("nightly.workflow", Array("[Command]\nExec=/bin/true\n".utf8))
      let owned = try daemon.file("owned.workflow", Array("# Conflict\n".utf8))
      let binary = try daemon.file("binary.workflow", [0xFF, 0xFE])
      let large = try daemon.file("large.workflow", [UInt8](repeating: UInt8(ascii: "#"), count: (256 << 10) + 1))
      let odd = try daemon.file("Odd Name.workflow", Array("[Command]\n".utf8))
      let missing = good + ".not"
      let ran = daemon.run("apply", owned, binary, large, odd, missing, "--dry-run", good)
      #expect(
        ran.output == """
          nightly: would be changed (generation 2, next run in 4 min)
            -[Schedule] Interval=1h
            +[Schedule] Interval=2h

          """)
      #expect(
        ran.complaints
          == """
          tactusctl: \(owned): a file owns owned; edit that, or remove it and reload
          tactusctl: \(binary): not UTF-8. Convert it, for example with iconv.
          tactusctl: \(large): larger than 256 KiB, which is the limit
          tactusctl: \(odd): the file name gives the workflow its name, but "Odd Name" is not valid. A name has \(WorkflowName.rule).
          tactusctl: \(missing): cannot open \(missing): No such file or directory
          tactusctl: \(good):3: Exec=/x is not there (warning)

          """)
      #expect(ran.code == 1)
      #expect(
        daemon.operations.last
          == .applyWorkflow(
            ApplyWorkflow(name: "nightly", definition: "[Command]\nExec=/bin/true\n", dryRun: true)))
    }
  }

  @Test("providers lists the engines, and below them why an engine was put aside")
  func providers() async throws {
    try await withDaemon { daemon in
      let ran = daemon.run("providers")
      #expect(ran.code == 0)
      #expect(
        ran.output
          == """
          NAME   STATE  RUNNING  MAX  CAPABILITIES  ENDPOINT
          far    aside        0    8  big gpu       tcp://engine:2376
          local  live         3    -                unix:///run/podman/podman.sock
          far: no connection to engine:2376

          """)
    }
  }

  @Test("doctor reports problems with their cures, and fails if there is a problem")
  func doctor() async throws {
    try await withDaemon { daemon in
      let ran = daemon.run("doctor")
      #expect(ran.code == 1)
      #expect(
        ran.output
          == """
          ok       clock        is synchronized
          warning  cgroups      have no controllers
                                fix: Delegate=yes in the unit
          problem  disk         is full
                                fix: make room

          3 checks: 1 problem, 1 warning.

          """)
      #expect(!daemon.run("-q", "doctor").output.contains("clock"))
      #expect(daemon.run("doctor", "--json=short").code == 1)
    }
  }

  @Test("run prints only the id, and sends the requested start")
  func run() async throws {
    try await withDaemon { daemon in
      #expect(daemon.run("run", "nightly").output == Canned.ids[0] + "\n")
      #expect(daemon.run("run", "--in=1h 30min", "nightly").code == 0)
      #expect(daemon.run("run", "nightly", "--at", "2026-12-01T05:00:00+01:00").code == 0)
      #expect(daemon.run("-q", "run", "nightly").output == "")
      #expect(
        daemon.operations == [
          .runWorkflow(RunWorkflow(name: "nightly")),
          .runWorkflow(RunWorkflow(name: "nightly", scheduledAt: "2026-12-01T04:30:00.000000Z")),
          .runWorkflow(RunWorkflow(name: "nightly", scheduledAt: "2026-12-01T04:00:00.000000Z")),
          .runWorkflow(RunWorkflow(name: "nightly")),
        ])
    }
  }

  @Test("terminate and resume print each name")
  func terminate() async throws {
    try await withDaemon { daemon in
      let ran = daemon.run("terminate", "other", "nightly", "--cancel-running")
      #expect(ran.output == "nightly: terminated\n")
      #expect(
        ran.complaints
          == "tactusctl: other: no workflow other. Run tactusctl list-workflows to list the workflows.\n")
      #expect(ran.code == 4)
      #expect(
        daemon.operations == [
          .terminateWorkflow(TerminateWorkflow(name: "other", cancelRunning: true)),
          .terminateWorkflow(TerminateWorkflow(name: "nightly", cancelRunning: true)),
        ])
      #expect(daemon.run("resume", "a", "b").output == "a: resumed\nb: resumed\n")
      let full = daemon.run("resume", "full", "b", "--quiet")
      #expect(full.output == "" && full.code == 1)
      #expect(full.complaints == "tactusctl: full: the disk is full; make room\n")
    }
  }

  @Test("cancel prints each job")
  func cancel() async throws {
    try await withDaemon { daemon in
      let ran = daemon.run("cancel", "89abcdef", "ffffff", "deadbeef")
      #expect(ran.output == "\(Canned.ids[0]): canceled\n\(Canned.ids[1]): canceled\n")
      #expect(ran.complaints == "tactusctl: ffffff: no job ffffff\n")
      #expect(ran.code == 4)
      #expect(daemon.run("cancel", "89abcdef", "--json=short").code == 0)
    }
  }

  @Test("cat prints the definition unchanged")
  func cat() async throws {
    try await withDaemon { daemon in
      #expect(daemon.run("cat", "nightly").output == "[Command]\nExec=/bin/true\n")
      #expect(daemon.run("cat", "nightly", "nightly").output.hasPrefix("# nightly.workflow\n[Command]\n"))
    }
  }

  @Test("logs prints the unchanged output, but instants and no control characters on a terminal")
  func logs() async throws {
    try await withDaemon { daemon in
      let piped = daemon.run("logs", "89abcdef", "--stream=stdout", columns: nil)
      #expect(piped.output == "plain é\n\u{1B}[31m\u{FFFD}\nno newline")
      #expect(
        piped.complaints
          == "tactusctl: 1.5K of output were not stored: beyond LogLimit=, or storing failed. "
          + "Run tactusctl journal 89abcdef to see why.\n"
      )
      #expect(daemon.operations == [.readLogs(ReadLogs(id: "89abcdef", stream: .stdout))])
      let shown = daemon.run("logs", "89abcdef")
      #expect(
        shown.output == """
          2026-12-01T03:00:00.000Z plain é
          2026-12-01T03:00:01.000Z ^[[31m\u{FFFD}
          2026-12-01T03:00:02.000Z no newline

          """)
    }
  }

  @Test("On a terminal, logs separates the lines of two streams and joins characters that arrive in pieces")
  func gluedLogs() async throws {
    try await withDaemon { daemon in
      let at = "2026-12-01T03:00:00.000Z"
      #expect(
        daemon.run("logs", "decade").output
          == "\(at) one é\n\(at) err\n\(at) \\u{9B}31m\n\(at) \u{FFFD}\n")
    }
  }

  @Test(
    "show-job and show-workflow print every object in order, also as JSON, and continue after a failure")
  func several() async throws {
    try await withDaemon { daemon in
      let jobs = daemon.run("show-job", "89abcdef", "ffffff", "deadbeef")
      #expect(jobs.output.contains("Attempt: 1\n\n         Id: \(Canned.ids[1])"))
      #expect(jobs.lines.filter { $0.contains("Id: ") }.count == 2)
      #expect(jobs.complaints == "tactusctl: ffffff: no job ffffff. Run tactusctl list-jobs to list the jobs.\n")
      #expect(jobs.code == 4)
      let workflows = daemon.run("show-workflow", "nightly", "nightly", "--json=short")
      #expect(workflows.code == 0 && workflows.lines.count == 3)
      #expect(workflows.lines[0] == workflows.lines[1] && workflows.lines[2] == "")
      let some = daemon.run("show-job", "deadbeef", "ffffff", "89abcdef", "--json=short")
      #expect(some.code == 4 && some.complaints.hasPrefix("tactusctl: ffffff: "))
      #expect(some.lines[0].contains(Canned.ids[1]) && some.lines[1].contains(Canned.ids[0]) && some.lines.count == 3)
    }
  }

  @Test("reload prints the changes, and fails if a file was refused")
  func reload() async throws {
    try await withDaemon { daemon in
      let ran = daemon.run("reload")
      #expect(
        ran.output == """
          new: created
          nightly: changed
          queue command: limits changed
          Runner=auto means systemd from now on, outside the sandbox of tactusd
          2 workflows in force from files.

          """)
      #expect(
        ran.complaints == """
          tactusctl: tactusd.conf: waits for the next start (warning)
          tactusctl: bad.workflow:3: there is no key Intervall

          """)
      #expect(ran.code == 1)
    }
  }

  @Test("--json=short prints the parameters of each reply on a line, and pretty prints the same data")
  func json() async throws {
    try await withDaemon { daemon in
      let short = daemon.run("list-workflows", "--json=short")
      #expect(short.lines.count == 3 && short.lines[2] == "")
      #expect(
        short.lines[0].hasPrefix(#"{"workflows":[{"id":1,"name":"nightly","kind":"command","state":"ACTIVE","#))
      let logs = daemon.run("logs", "89abcdef", "--json=short")
      #expect(
        logs.lines.dropLast() == [
          #"{"position":1,"at":"2026-12-01T03:00:00.000000Z","stream":"stdout","text":"plain é"}"#,
          #"{"position":2,"at":"2026-12-01T03:00:01.000000Z","stream":"stderr","base64":"G1szMW3/"}"#,
          #"{"position":3,"at":"2026-12-01T03:00:02.000000Z","stream":"stdout","text":"no newline","partial":true}"#,
          #"{"dropped_bytes":1536}"#,
        ])
      let one = try JSONSerialization.jsonObject(with: Data(daemon.run("status", "--json=short").output.utf8))
      let pretty = daemon.run("status", "--json=pretty").output
      #expect(try JSONSerialization.jsonObject(with: Data(pretty.utf8)) as? NSDictionary == one as? NSDictionary)
      #expect(pretty.hasPrefix("{\n  \"version\": \"0.1.0\",\n  \"pid\": 4711,\n"))
      for verb in ["list-jobs", "reload", "show-job 89abcdef", "run a", "cancel 89abcdef", "terminate nightly"] {
        let ran = CannedDaemon.run(
          verb.split(separator: " ").map(String.init) + ["--json=short"], environment: ["TACTUS_SOCKET": daemon.path])
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(ran.output.utf8)) }
        #expect(ran.complaints == "")
      }
    }
  }
}
