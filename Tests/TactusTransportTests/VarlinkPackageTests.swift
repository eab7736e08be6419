import Foundation
import Synchronization
import TactusFuzzing
import TactusModel
import TactusProtocol
import Testing

@testable import TactusTransport

@Suite("The Python package varlink")
struct VarlinkPackageTests {
  @Test("The package introspects and calls the socket without knowledge of Tactus")
  func drives() async throws {
    let server = try TestServer(handler: Self.handler)
    let process = Process()
    process.executableURL = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "varlink/run")
    process.arguments = ["client.py", server.path]
    await withCheckedContinuation { continuation in
      process.terminationHandler = { _ in continuation.resume() }
      do {
        try process.run()
      } catch {
        Issue.record(error)
        continuation.resume()
      }
    }
    // 77: the package is missing and cannot be installed. In CI this is a failure.
    if process.terminationStatus != 77 || ProcessInfo.processInfo.environment["CI"] != nil {
      #expect(process.terminationStatus == 0)
    }
    await server.stop()
  }

  /// A minimal daemon with one workflow and one job.
  private static let handler = ClosureHandler { call, _, reply in
    do throws(CallFailure) {
      try answer(try Operation(call), reply)
    } catch {
      reply.fail(error)
    }
  }

  private static func answer(_ operation: TactusFuzzing.Operation, _ reply: ReplyPort) throws(CallFailure) {
    let now = Instant(microseconds: 1_796_094_000_000_000)
    guard let id = JobID("01932c07-a0b0-7123-8123-456789abcdef"), let name = WorkflowName("varlink-client") else {
      throw .unavailable(reason: "the test's own names are wrong")
    }
    let job = WireJob(
      Job(
        id: id, workflow: name, kind: .command, queue: QueueName(builtIn: .command), priority: 0, trigger: .manual,
        status: .completed, phase: nil, wait: nil, generation: 1, nominalAt: now, scheduledAt: now, createdAt: now,
        queuedAt: now, startedAt: now, completedAt: now, attempt: 1, errorCode: nil, errorMessage: nil, processID: nil,
        report: Report()))
    switch operation {
    case .describeService(let request): reply.answer(request, with: DescribeService.Reply(version: "1"))
    case .getInterfaceDescription(let request): reply.answer(request, with: try request.answer())
    case .describe(let request):
      reply.answer(
        request,
        with: Describe.Reply(
          version: "1", pid: 1, startedAt: now, state: .running, jobs: JobCounts([:]),
          queues: [
            WireQueue(name: QueueName(builtIn: .command), running: 0, queued: 0, limits: QueueLimits(maxRunning: 4))
          ],
          workflows: WorkflowCounts(active: 1, terminated: 0), storeID: "x", storeBytes: 1, nextDue: nil, lastErrors: []
        ))
    case .applyWorkflow(let request):
      applied.withLock { $0 = request.definition }
      reply.answer(request, with: ApplyWorkflow.Reply(effect: .created, generation: 1, differences: [], nextRuns: []))
    case .getWorkflow(let request) where request.name != name.text:
      throw .notFound(entity: "workflow", id: request.name)
    case .getWorkflow(let request):
      reply.answer(request, with: GetWorkflow.Reply(workflow: workflow(name, now)))
    case .listWorkflows(let request):
      reply.answer(request, with: ListWorkflows.Reply(workflows: [workflow(name, now)], nextCursor: nil))
    case .runWorkflow(let request): reply.answer(request, with: RunWorkflow.Reply(jobID: job.id))
    case .terminateWorkflow(let request): reply.answer(request, with: Done())
    case .getJob(let request): reply.answer(request, with: GetJob.Reply(job: job))
    case .listJobs(let request): reply.answer(request, with: ListJobs.Reply(jobs: [job], nextCursor: nil))
    case .cancelJobs(let request):
      let results = request.ids.map { CancelResult(id: $0, failure: .notFound(entity: "job", id: $0)) }
      reply.answer(request, with: CancelJobs.Reply(results: results))
    case .readLogs(let request):
      let line = ReadLogs.Reply(position: 1, at: now, stream: .stdout, bytes: Array("hello".utf8), isPartial: false)
      reply.send([line], to: request) { _ in reply.answer(request, with: ReadLogs.Reply(droppedBytes: 0)) }
    default: throw .methodNotImplemented(method: "\(operation)")
    }
  }

  private static let applied = Mutex("")

  private static func workflow(_ name: WorkflowName, _ now: Instant) -> WireWorkflow {
    WireWorkflow(
      Workflow(
        id: WorkflowID(number: 1), name: name, kind: .command, text: applied.withLock { $0 }, generation: 1,
        origin: .socket, state: .active, terminatedReason: nil, consecutiveFailures: 0, maxConsecutiveFailures: 3,
        queue: QueueName(builtIn: .command), priority: 0, interval: nil, anchorAt: nil, nextAt: nil, createdAt: now,
        updatedAt: now, terminatedAt: nil, resumedAt: nil), withDefinition: true)
  }
}
