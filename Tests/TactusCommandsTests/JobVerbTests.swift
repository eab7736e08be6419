import Foundation
import TactusFuzzing
import TactusModel
import TactusProtocol
import TactusTransport
import Testing

@testable import TactusCommands

@Suite("Listing and steering jobs")
struct JobVerbTests {
  @Test("list-jobs sends every filter")
  func filters() async throws {
    let daemon = try CannedDaemon()
    let words = [
      "list-jobs", "--status=failed", "--phase=Held", "--trigger=manual", "--workflow=a", "--kind=command",
      "--queue=command", "--error-code=lost", "--since=1h", "--until=now", "--cursor=c", "-n7",
    ]
    #expect(CannedDaemon.run(words, environment: ["TACTUS_SOCKET": daemon.path]).code == 0)
    #expect(
      daemon.operations == [
        .listJobs(
          ListJobs(
            status: [.failed], trigger: .manual, workflow: "a", kind: .command, queue: "command", phase: .held,
            errorCode: .lost, since: "2026-12-01T02:00:00.000000Z", until: "2026-12-01T03:00:00.000000Z", cursor: "c",
            limit: 7))
      ])
    let odd = daemon.run("list-jobs", "--since=soon")
    #expect(odd.code == 2)
    #expect(
      odd.complaints
        == "tactusctl: --since=soon is not valid. Use a span ago such as 1h or 2d, +1h, now, today, yesterday, tomorrow, "
        + "a day such as 2026-12-01, or RFC 3339 with an offset.\n")
    await daemon.stop()
  }

  @Test(
    "Relative and absolute instants are read in UTC",
    arguments: [
      ("now", "2026-12-01T03:00:00.000000Z"), ("today", "2026-12-01T00:00:00.000000Z"),
      ("yesterday", "2026-11-30T00:00:00.000000Z"), ("tomorrow", "2026-12-02T00:00:00.000000Z"),
      ("1h", "2026-12-01T02:00:00.000000Z"), ("-2d", "2026-11-29T03:00:00.000000Z"),
      ("1h 30min ago", "2026-12-01T01:30:00.000000Z"), ("+90", "2026-12-01T03:01:30.000000Z"),
      ("2026-11-05", "2026-11-05T00:00:00.000000Z"), ("2026-12-01T03:00:00+01:00", "2026-12-01T02:00:00.000000Z"),
      ("soon", nil), ("", nil), ("+", nil), ("-", nil), (" ago", nil), ("2026-13-01", nil),
      ("2026-12-01T03:00:00", nil),
      ("infinity", nil), ("9000y", nil), ("+9000y", nil), ("+2026-12-01", nil),
    ])
  func moment(text: String, instant: String?) {
    #expect(Moment.instant(text, now: CannedDaemon.now)?.description == instant)
  }

  @Test("logs and show-job select the newest job of a named workflow, and print its id")
  func newest() async throws {
    let daemon = try CannedDaemon()
    let ran = daemon.run("logs", "nightly", columns: nil)
    // The running job is the newest: the waiting one was created later, but has not begun.
    #expect(
      ran.code == 0 && ran.complaints.hasPrefix("tactusctl: logs of job \(Canned.ids[1]), the newest of nightly\n"))
    #expect(
      daemon.operations == [
        .getJob(GetJob(newestOf: "nightly")),
        .readLogs(ReadLogs(id: Canned.ids[1])),
      ])
    let shown = daemon.run("show-job", "nightly", "deadbeef")
    #expect(shown.complaints == "tactusctl: job \(Canned.ids[1]), the newest of nightly\n" && shown.code == 0)
    #expect(shown.lines.filter { $0.contains("Id: \(Canned.ids[1])") }.count == 2)
    #expect(daemon.run("show-job", "nightly", "-q").complaints == "")
    let json = daemon.run("show-job", "nightly", "--json=short")
    #expect(json.complaints == "" && json.output.contains(Canned.ids[1]))
    let odd = daemon.run("logs", "No Name")
    #expect(odd.code == 2 && odd.complaints.contains("No Name is neither a job id, nor the end of one"))
    await daemon.stop()
  }

  @Test("A word that looks like the end of an id is a workflow's name if no job matches")
  func ambiguous() async throws {
    let daemon = try CannedDaemon { operation, reply throws(CallFailure) in
      switch operation {
      case .getJob(let request) where request.workflow == nil && request.id != Canned.ids[1]:
        throw .notFound(entity: "job", id: request.id ?? "")
      case .getWorkflow(let request) where request.name == "deface":
        reply.answer(request, with: .init(workflow: WireWorkflow(Canned.workflow("deface"), withDefinition: false)))
      default: try Canned.answer(operation, reply)
      }
    }
    #expect(daemon.run("show-job", "deface").complaints == "tactusctl: job \(Canned.ids[1]), the newest of deface\n")
    let none = daemon.run("show-job", "decade")
    #expect(none.code == 4)
    #expect(none.complaints == "tactusctl: decade: no job decade. Run tactusctl list-jobs to list the jobs.\n")
    await daemon.stop()
  }

  @Test("show-workflow shows what runs if the daemon sends the definition, but no variables")
  func work() async throws {
    let cases = [
      (
        "[Command]\nExec=/bin/sh -c 'echo \"$A\"'\\\nx\nUser=backup\nEnvironment=A=secret\nTimeout=infinity\n",
        "      Exec: /bin/sh -c 'echo \"$A\"' x\n    Runner: auto\n      User: backup\n   Timeout: infinity\n"
      ),
      (
        "[Heartbeat]\nEndpoint=https://example.org/health\nHeader=X-Key: secret\n",
        "  Endpoint: GET https://example.org/health\n   Timeout: 10 s\n"
      ),
      (
        "[Container]\nImage=docker.io/library/alpine:3.20\nExec=echo hello\nEnvironment=A=secret\n",
        "     Image: docker.io/library/alpine:3.20\n      Exec: echo hello\n   Timeout: 30 s\n"
      ),
    ]
    for (text, rows) in cases {
      let daemon = try CannedDaemon { operation, reply throws(CallFailure) in
        guard case .getWorkflow(let request) = operation else { throw .methodNotImplemented(method: "") }
        var workflow = Canned.workflow("nightly")
        workflow.text = text
        reply.answer(
          request, with: .init(workflow: WireWorkflow(workflow, withDefinition: request.name == "nightly")))
      }
      let shown = daemon.run("show-workflow", "nightly").output
      func flush(_ text: String) -> [String] {
        text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
      }
      #expect(Array(flush(shown).dropFirst(2).prefix(flush(rows).count)) == flush(rows), "\(shown)")
      #expect(!shown.contains("secret"))
      #expect(!daemon.run("show-workflow", "other").output.contains("Timeout"))
      await daemon.stop()
    }
  }

  @Test("list-jobs reads pages, even short and empty ones, until the limit is reached")
  func pages() async throws {
    let sizes = [1000, 0, 700, 800]
    let daemon = try CannedDaemon { operation, reply throws(CallFailure) in
      guard case .listJobs(let request) = operation else { throw .methodNotImplemented(method: "") }
      let page = request.cursor.flatMap(Int.init) ?? 0
      let count = min(sizes[page], request.limit ?? 0)
      reply.answer(
        request,
        with: .init(
          jobs: Array(repeating: Canned.jobs[2], count: count),
          nextCursor: page + 1 < sizes.count ? "\(page + 1)" : nil))
    }
    func limits() -> [Int?] {
      daemon.operations.map { if case .listJobs(let request) = $0 { request.limit } else { nil } }
    }
    let all = daemon.run("list-jobs", "--limit=2300", "--no-pager")
    #expect(all.code == 0 && all.output.hasSuffix("\n2300 jobs.\n"), "\(all.output.suffix(100))")
    #expect(limits() == [1000, 1000, 1000, 600])
    let some = daemon.run("list-jobs", "--limit=1100")
    #expect(some.output.hasSuffix("\n1100 jobs. More with --cursor=3.\n"))
    let lines = daemon.run("list-jobs", "--limit=1100", "--json=short").lines
    #expect(lines.count == 4 && lines[1] == #"{"jobs":[],"next_cursor":"2"}"#)
    await daemon.stop()
  }

  @Test("A waiting job shows its position in the queue and the estimated wait")
  func place() async throws {
    var job = Canned.jobs[0]
    job.wait = .known(.backlog)
    job.queuePosition = 12
    job.estimatedWaitSeconds = 185
    let waiting = job
    let daemon = try CannedDaemon { operation, reply throws(CallFailure) in
      switch operation {
      case .listJobs(let request): reply.answer(request, with: .init(jobs: [waiting], nextCursor: nil))
      case .getJob(let request): reply.answer(request, with: .init(job: waiting))
      default: throw .methodNotImplemented(method: "")
      }
    }
    #expect(
      daemon.run("list-jobs", "--no-legend").output
        == "89abcdef  nightly   AUTOMATIC  PENDING/due  now               -  #12, ~3 min 5 s\n")
    #expect(daemon.run("show-job", "89abcdef").output.contains("In line: number 12, about 3 min 5 s to go\n"))
    await daemon.stop()
  }

  @Test("schedule accepts an instant or a span")
  func schedule() async throws {
    let daemon = try CannedDaemon()
    let ran = daemon.run("schedule", "89abcdef", "2026-12-01T05:00:00+01:00")
    #expect(ran.output == "89abcdef: scheduled for 2026-12-01T04:00:00Z (in 1 h)\n" && ran.code == 0)
    #expect(
      daemon.run("schedule", "89abcdef", "--in=1h").output
        == "89abcdef: scheduled for 2026-12-01T04:00:00Z (in 1 h)\n")
    #expect(daemon.run("schedule", "89abcdef", "--in=1h", "-q").output == "")
    #expect(
      daemon.operations.prefix(2) == [
        .scheduleJob(ScheduleJob(id: "89abcdef", at: "2026-12-01T04:00:00.000000Z")),
        .scheduleJob(ScheduleJob(id: "89abcdef", at: "2026-12-01T04:00:00.000000Z")),
      ])
    let late = daemon.run("schedule", "0badf00d", "--in=1h")
    #expect(late.code == 1 && late.complaints == "tactusctl: the job is not planned any more\n")
    for words in [
      ["89abcdef"], ["89abcdef", "soon"], ["89abcdef", "2026-12-01T05:00:00Z", "--in=1h"], ["89abcdef", "--in=x"],
    ] {
      #expect(CannedDaemon.run(["schedule"] + words, environment: ["TACTUS_SOCKET": daemon.path]).code == 2)
    }
    await daemon.stop()
  }

  @Test("delete prints each name, and cat requests the definition")
  func delete() async throws {
    let daemon = try CannedDaemon()
    let ran = daemon.run("delete", "active", "nightly")
    #expect(ran.output == "nightly: deleted\n" && ran.code == 1)
    #expect(ran.complaints == "tactusctl: active: active plans; terminate it first\n")
    #expect(daemon.run("cat", "nightly").code == 0)
    #expect(daemon.run("show-workflow", "nightly").code == 0)
    #expect(
      daemon.operations.suffix(2) == [
        .getWorkflow(GetWorkflow(name: "nightly", definition: true)), .getWorkflow(GetWorkflow(name: "nightly")),
      ])
    await daemon.stop()
  }
}
