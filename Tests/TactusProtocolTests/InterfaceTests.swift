import Foundation
import TactusFuzzing
import TactusModel
import Testing

@testable import TactusProtocol

/// Compares the interface files that the daemon serves with the types that it encodes.
@Suite("Interface definitions")
struct InterfaceTests {
  /// A method: its name, and full samples of its parameters and its reply.
  private struct Sample {
    let method: String
    let parameters: [String]
    let request: [UInt8]
    let reply: [UInt8]
    let readRequest: ([UInt8]) throws -> Void
    let readReply: ([UInt8]) throws -> Void

    init<R: Request>(_ request: R, _ reply: R.Reply) {
      method = R.method
      parameters = R.parameters
      self.request = JSONWriter.text(request)
      self.reply = JSONWriter.text(reply)
      readRequest = { _ = try JSONReader.read(R.self, from: $0) }
      readReply = { _ = try JSONReader.read(R.Reply.self, from: $0) }
    }
  }

  private func samples() throws -> [Sample] {
    let workflow = WireWorkflow(try Samples.workflow(), withDefinition: true)
    var job = WireJob(try Samples.job(), elapsed: .seconds(3))
    // A job has either a message or a note. The sample has both.
    job.note = "redirected to https://example.org/ (302)"
    var newest = GetJob(newestOf: workflow.name)
    newest.id = job.id
    let name = workflow.name
    return [
      Sample(DescribeService(), DescribeService.Reply(version: "1")),
      Sample(GetInterfaceDescription(interface: "x"), GetInterfaceDescription.Reply(description: "y")),
      Sample(Describe(), Samples.describe()),
      Sample(Examine(), Examine.Reply(diagnoses: [Diagnosis("disk", .warning, "is nearly full", cure: "make room")])),
      Sample(ListProviders(), ListProviders.Reply(providers: [WireProvider(Samples.provider(), for: .admin)])),
      Sample(
        Reload(),
        Reload.Reply(
          loaded: 2, workflows: 1, created: WorkflowName(name).map { [$0] } ?? [],
          changed: WorkflowName(name).map { [$0] } ?? [],
          removed: WorkflowName(name).map { [$0] } ?? [], problems: [WireProblem(file: "f", line: 1, message: "m")],
          warnings: [WireProblem(file: "g", line: 0, message: "n")], autoRunner: .systemd,
          terminated: WorkflowName(name).map { [$0] } ?? [], queues: [QueueName(builtIn: .command)])),
      Sample(
        ApplyWorkflow(name: name, definition: "d", dryRun: true),
        ApplyWorkflow.Reply(
          effect: .changed, generation: 2, differences: ["- a"], nextRuns: [Samples.at],
          warnings: [WireProblem(file: "g", line: 3, message: "n")], terminated: true)),
      Sample(
        ReadEvents(after: "c", workflow: name, job: job.id, follow: true),
        ReadEvents.Reply(
          Event(
            sequence: 7, at: Samples.at, type: .jobFailed, workflow: WorkflowName(name), job: JobID(job.id),
            status: .failed, errorCode: .exitNonzero, detail: "2 of 5 layers"), epoch: "e")),
      Sample(DeleteWorkflow(name: name), Done()),
      Sample(
        ListUpcoming(name: name, limit: 1),
        ListUpcoming.Reply(
          runs: WorkflowName(name).map {
            [
              WireUpcoming(
                Upcoming(workflow: $0, kind: .command, trigger: .manual, nominalAt: Samples.at, job: JobID(job.id)))
            ]
          } ?? [])),
      Sample(
        ExplainWorkflow(name: name, at: "\(Samples.at)", cursor: "c", limit: 1),
        ExplainWorkflow.Reply(answers: [WireExplanation(try Samples.explanation())], nextCursor: "c")),
      Sample(ExplainJob(id: job.id), ExplainJob.Reply(answer: WireExplanation(try Samples.explanation()))),
      Sample(
        ReadStatistics(workflow: name, queue: "command", kind: .command, windowSeconds: 60),
        ReadStatistics.Reply(fullBuckets(Samples.statistics()))),
      Sample(ScheduleJob(id: job.id, at: "\(Samples.at)"), Done()),
      Sample(WaitForJobs(ids: [job.id]), WaitForJobs.Reply(job: job)),
      Sample(GetWorkflow(name: name, definition: true), GetWorkflow.Reply(workflow: workflow)),
      Sample(
        ListWorkflows(state: .active, cursor: "c", limit: 1),
        ListWorkflows.Reply(workflows: [workflow], nextCursor: "c")),
      Sample(
        RunWorkflow(name: name, scheduledAt: "\(Samples.at)", hold: true, idempotencyKey: "k"),
        RunWorkflow.Reply(jobID: job.id)),
      Sample(TerminateWorkflow(name: name, cancelRunning: true), Done()),
      Sample(ResumeWorkflow(name: name), Done()),
      Sample(newest, GetJob.Reply(job: job)),
      Sample(
        ListJobs(
          status: [.failed], trigger: .manual, workflow: name, kind: .command, queue: "command", phase: .held,
          errorCode: .lost, since: "\(Samples.at)", until: "\(Samples.at)", cursor: "c", limit: 1),
        ListJobs.Reply(jobs: [job], nextCursor: "c")),
      Sample(
        CancelJobs(ids: [job.id], abandon: true),
        CancelJobs.Reply(results: [CancelResult(id: job.id, failure: .conflict(reason: "ended"))])),
      Sample(ReadLogs(id: job.id, stream: .stderr, follow: true, after: 1), Samples.logs()),
    ]
  }

  /// Adds run times to every bucket, so that each member is present.
  private func fullBuckets(_ statistics: Statistics) -> Statistics {
    var full = statistics
    for bucket in statistics.buckets {
      full.add(status: .failed, completedAt: bucket.from, duration: .zero, startDelay: .zero)
    }
    return full
  }

  private func definitions() throws -> [VarlinkInterface] {
    try Interface.allCases.map { interface in
      let definition = try VarlinkInterface(interface.description)
      #expect(definition.name == interface.rawValue)
      return definition
    }
  }

  @Test("Every method of the files has a Swift type, and every Swift type a method")
  func methods() throws {
    let declared = try definitions().flatMap { definition in
      definition.methods.keys.map { "\(definition.name).\($0)" }
    }
    #expect(Set(declared) == Set(try samples().map(\.method)))
  }

  @Test("Parameters and replies have exactly the declared names and types, and are optional exactly where declared")
  func shapes() throws {
    let definitions = try definitions()
    for sample in try samples() {
      let interface = sample.method.split(separator: ".").dropLast().joined(separator: ".")
      let definition = try #require(definitions.first { $0.name == interface })
      let method = try #require(definition.methods[sample.method.split(separator: ".").last.map(String.init) ?? ""])
      #expect(sample.parameters == method.input.map(\.name), "\(sample.method)")
      let checker = ShapeChecker(definition)
      try checker.check(sample.request, method.input, sample.method, read: sample.readRequest)
      try checker.check(sample.reply, method.output, "\(sample.method) reply", read: sample.readReply)
    }
  }

  @Test("A call of every method, and its reply, have the properties that the fuzzer checks")
  func properties() throws {
    for sample in try samples() {
      let call = Array("{\"method\":\"\(sample.method)\",\"more\":true,\"parameters\":".utf8) + sample.request
      let reply = Array("{\"parameters\":".utf8) + sample.reply
      let end = Array("}\0".utf8)
      #expect(throws: Never.self, "\(sample.method)") { try checkFrames(call + end + reply + end) }
    }
  }

  @Test("Enumerations have exactly the words of the model, in the same order")
  func words() throws {
    let definitions = try definitions()
    func options(_ interface: Interface, _ type: String) -> [String] {
      guard case .options(let words)? = definitions.first(where: { $0.name == interface.rawValue })?.types[type]
      else { return [] }
      return words
    }
    func words<Value: CaseIterable & RawRepresentable<String>>(_: Value.Type) -> [String] {
      Value.allCases.map(\.rawValue)
    }
    #expect(options(.jobs, "Status") == words(JobStatus.self))
    #expect(options(.jobs, "Phase") == words(Phase.self))
    #expect(options(.jobs, "Wait") == words(Wait.self))
    #expect(options(.jobs, "Trigger") == words(Trigger.self))
    #expect(options(.jobs, "Kind") == words(Kind.self))
    #expect(options(.jobs, "Runner") == words(RunnerName.self))
    #expect(options(.jobs, "ErrorCode") == words(ErrorCode.self))
    #expect(options(.jobs, "Outcome") == words(Explanation.Outcome.self))
    #expect(options(.workflows, "Outcome") == words(Explanation.Outcome.self))
    #expect(options(.jobs, "Stream") == words(LogStream.self))
    #expect(options(.workflows, "Kind") == words(Kind.self))
    #expect(options(.workflows, "State") == words(Workflow.State.self))
    #expect(options(.workflows, "TerminatedReason") == words(Workflow.TerminatedReason.self))
    #expect(options(.workflows, "Origin") == words(Workflow.Origin.self))
    #expect(options(.workflows, "Effect") == words(ApplyEffect.self))
    #expect(options(.daemon, "State") == words(DaemonState.self))
  }

  @Test("Each interface declares the errors of its methods, with their parameters")
  func errors() throws {
    let own: [CallFailure] = [
      .notFound(entity: "", id: "", reason: ""), .invalid(field: "", reason: ""), .conflict(reason: ""),
      .forbidden(action: ""),
      .busy(retryAfterMs: 1), .unavailable(reason: ""), .tooSlow, .expired(oldest: ""),
    ]
    let service: [CallFailure] = [
      .interfaceNotFound(interface: ""), .methodNotFound(method: ""), .methodNotImplemented(method: ""),
      .invalidParameter(parameter: ""), .expectedMore,
    ]
    for definition in try definitions() {
      let failures = definition.name == Interface.service.rawValue ? service : own
      #expect(Set(definition.errors.keys) == Set(failures.map(\.name)))
      for failure in failures {
        let fields = try #require(definition.errors[failure.name])
        let members = try JSONObject(JSONWriter.text(failure.parameters)).members.map(\.name)
        #expect(members == fields.map(\.name))
      }
    }
  }

  @Test(
    "The details of a job are a message if it failed and a note if it completed, and are readable to readers")
  func notes() throws {
    var job = try Samples.job()
    #expect((WireJob(job).errorMessage, WireJob(job).note) == ("exceeded its time-out", nil))
    job.errorCode = nil
    job.errorMessage = "redirected to https://example.org/ (302)"
    #expect((WireJob(job).errorMessage, WireJob(job).note) == (nil, "redirected to https://example.org/ (302)"))
    #expect((WireJob(job, for: .look).errorMessage, WireJob(job, for: .look).note) == (nil, nil))
  }

  @Test("Absent values are left out, and computed values follow the domain")
  func jobOnTheWire() throws {
    let wire = WireJob(try Samples.job())
    #expect(wire.startDelayMs == 7 && wire.durationMs == 1993 && wire.cpuMs == 30)
    #expect(wire.id == "01932c07-a0b0-7123-8123-456789abcdef")
    var job = try Samples.job()
    job.startedAt = nil
    job.errorCode = nil
    job.report = Report()
    let text = String(decoding: JSONWriter.text(WireJob(job)), as: UTF8.self)
    for name in ["started_at", "error_code", "duration_ms", "start_delay_ms", "timings", "exit_code", "null"] {
      #expect(!text.contains(name))
    }
    #expect(text.contains("\"nominal_at\":\"\(Samples.at)\""))
  }
}
