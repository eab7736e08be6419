import Synchronization
import TactusModel
import TactusPorts
import Testing

extension Instant {
  /// The beginning of every scenario.
  static let zero = Instant(microseconds: 1_795_000_000_000_000)

  /// Returns the instant some seconds after the beginning.
  static func at(_ seconds: Int) -> Instant { zero + .seconds(seconds) }
}

extension Definition {
  /// Creates a definition whose text names every varied part, so that two texts differ exactly if their parts do.
  static func sample(
    every seconds: Int? = 10, startAt: Int? = nil, overlap: Overlap = .queue, misfire: Misfire = .latest,
    failures: Int? = 3, priority: Int = 0, kind: Kind = .command, comment: String = ""
  ) -> Definition {
    let canonical =
      "\(String(describing: seconds)) \(String(describing: startAt)) \(overlap) \(misfire) "
      + "\(String(describing: failures)) \(priority) \(kind)"
    return Definition(
      work: work(of: kind),
      schedule: seconds.map { Schedule(interval: .seconds($0), startAt: startAt.map(Instant.at)) },
      policies: Policies(
        queue: QueueName(builtIn: kind), priority: priority, maxConsecutiveFailures: failures, overlap: overlap,
        misfire: misfire),
      text: comment + canonical, canonical: canonical)
  }
}

extension Definition {
  private static func work(of kind: Kind) -> Work {
    switch kind {
    case .command: return .command(Command(arguments: ["/bin/true"]))
    case .heartbeat: return .heartbeat(Heartbeat(endpoint: "http://h/"))
    case .container:
      guard let image = ImageName("alpine") else { fatalError("alpine is the name of an image") }
      return .container(Container(image: image))
    }
  }
}

extension Decision {
  /// Creates a decision in seconds from the beginning.
  static func sample(_ reason: Reason, _ first: Int, _ last: Int, _ count: Int) -> Decision {
    Decision(reason: reason, first: .at(first), last: .at(last), count: count)
  }
}

/// Plays on one ledger: each verb is posted, run until it is answered, and returned or thrown; times are in seconds.
struct Stage {
  let specimen: any LedgerSpecimen

  init(_ specimen: any LedgerSpecimen) { self.specimen = specimen }

  func ask<Value: Sendable>(_ verb: (any Ledger, @escaping Answer<Value>) -> Void) throws -> Value {
    let answers = Mutex<[Result<Value, Refusal>]>([])
    verb(specimen.ledger) { result in answers.withLock { $0.append(result) } }
    specimen.settle()
    let given = answers.withLock { $0 }
    #expect(given.count == 1, "a write is answered exactly once")
    return try #require(given.first).get()
  }

  /// Returns the refusal that a body throws; nil if it succeeds.
  func refusal<Value>(of body: () throws -> Value) -> Refusal? {
    do {
      _ = try body()
      return nil
    } catch { return error as? Refusal }
  }

  func name(_ text: String) throws -> WorkflowName { try #require(WorkflowName(text)) }

  // MARK: Verbs

  @discardableResult
  func apply(
    _ definition: Definition, to name: String = "w", origin: Workflow.Origin = .socket, dryRun: Bool = false,
    at now: Int
  ) throws -> Applied {
    let name = try self.name(name)
    return try ask { $0.apply(definition, to: name, origin: origin, dryRun: dryRun, at: .at(now), answer: $1) }
  }

  @discardableResult
  func load(_ files: [String: Definition], present: Set<String>?, at now: Int) throws -> Loaded {
    let definitions = try files.sorted { $0.key < $1.key }.map { (name: try name($0.key), definition: $0.value) }
    let present = try present.map { Set(try $0.map(name)) }
    return try ask { $0.load(definitions, present: present, at: .at(now), answer: $1) }
  }

  @discardableResult
  func terminate(_ name: String = "w", cancelRunning: Bool = false, at now: Int) throws -> PlanChange {
    let name = try self.name(name)
    return try ask { $0.terminate(name, cancelRunning: cancelRunning, at: .at(now), answer: $1) }
  }

  @discardableResult
  func resume(_ name: String = "w", at now: Int) throws -> PlanChange {
    let name = try self.name(name)
    return try ask { $0.resume(name, at: .at(now), answer: $1) }
  }

  @discardableResult
  func run(_ name: String = "w", scheduledAt: Int? = nil, at now: Int) throws -> (id: JobID, change: PlanChange) {
    let name = try self.name(name)
    return try ask { $0.run(RunRequest(name, start: .at(.at(scheduledAt ?? now))), at: .at(now), answer: $1) }
  }

  @discardableResult
  func release(
    at now: Int, workflows: Set<WorkflowID> = [], queues: Set<QueueName> = []
  ) throws -> Released {
    try ask { $0.release(ReleaseRequest(now: .at(now), workflows: workflows, queues: queues), answer: $1) }
  }

  @discardableResult
  func realign(at now: Int) throws -> PlanChange { try ask { $0.realign(at: .at(now), answer: $1) } }

  func claim(_ ids: [JobID], at now: Int) throws -> [ClaimedJob] {
    try ask { $0.claim(ids, bootID: "boot", at: .at(now), answer: $1) }
  }

  @discardableResult
  func start(_ claim: ClaimedJob, fence: Int64? = nil, at now: Int) throws -> Bool {
    let facts = StartFacts(at: .at(now), processID: 42, processStart: 4242)
    return try ask { $0.recordStart(claim.id, fence: fence ?? claim.fence, facts: facts, answer: $1) }
  }

  func stop(_ claim: ClaimedJob, fence: Int64? = nil, _ reason: StopReason, at now: Int) throws -> Bool {
    try ask { $0.recordStop(claim.id, fence: fence ?? claim.fence, reason: reason, at: .at(now), answer: $1) }
  }

  @discardableResult
  func end(
    _ claim: ClaimedJob, fence: Int64? = nil, _ ending: Ending = .succeeded, stop: StopReason? = nil,
    startedAt: Int? = nil, at now: Int
  ) throws -> Ended {
    try ask {
      $0.recordEnd(
        claim.id, fence: fence ?? claim.fence, facts: startedAt.map { StartFacts(at: .at($0)) }, ending: ending,
        stop: stop, report: Report(), at: .at(now), answer: $1)
    }
  }

  @discardableResult
  func cancel(_ id: JobID, at now: Int) throws -> PlanChange { try ask { $0.cancel(id, at: .at(now), answer: $1) } }

  func recover(at now: Int) throws -> Recovered { try ask { $0.recover(at: .at(now), answer: $1) } }

  func remnants() throws -> [Remnant] { try ask { $0.remnants(answer: $1) } }

  // MARK: Sequences

  /// Releases due jobs, claims and starts all of them.
  func begin(at now: Int) throws -> [ClaimedJob] {
    let queued = try release(at: now).change.queued
    let claims = try claim(queued.map(\.id), at: now)
    for claim in claims { try start(claim, at: now) }
    return claims
  }

  /// Releases due jobs, and ends all of them in the same way.
  func cycle(_ ending: Ending = .succeeded, at now: Int) throws {
    for claim in try begin(at: now) { try end(claim, ending, at: now) }
  }

  // MARK: Rows

  func job(_ id: JobID) throws -> Job { try specimen.job(id) }

  func jobs(of name: String = "w") throws -> [Job] { try specimen.jobs(of: try self.name(name)) }

  /// Returns the PENDING automatic job; checks that there is at most one.
  func planned(_ name: String = "w") throws -> Job? {
    let planned = try jobs(of: name).filter { $0.status == .pending && $0.trigger == .automatic }
    #expect(planned.count <= 1, "more than one planned job of \(name)")
    return planned.first
  }

  func workflow(_ name: String = "w") throws -> Workflow {
    try #require(try specimen.workflow(try self.name(name)), "no workflow \(name)")
  }

  func exists(_ name: String) throws -> Bool { try specimen.workflow(try self.name(name)) != nil }

  func decisions(of name: String = "w", voided: Bool = false) throws -> [Decision] {
    try specimen.decisions(of: try self.name(name), voided: voided)
  }

  func events(of name: String = "w") throws -> [String] { try specimen.events(of: try self.name(name)) }
}
