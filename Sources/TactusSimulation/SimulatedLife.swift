internal import FoundationEssentials
internal import TactusModel
internal import TactusPorts
internal import TactusScheduler
internal import TactusStore

/// A daemon over many days, with workflows, people and faults; the seed decides all of them.
///
/// Two lives with one plan have the same history, whatever machine they run on. It is used on one thread.
public struct SimulatedLife {
  /// What is simulated.
  public struct Plan: Hashable, Sendable {
    /// Decides everything that happens.
    public var seed: UInt64
    /// The simulated days, at least 1.
    public var days: Int
    /// The workflows, at least 1.
    public var workflows: Int
    /// Whether there are faults: power cuts, steps of the clock, full disks.
    public var hasFaults: Bool

    /// Creates a plan.
    public init(seed: UInt64, days: Int, workflows: Int, hasFaults: Bool) {
      (self.seed, self.days, self.workflows, self.hasFaults) = (seed, days, workflows, hasFaults)
    }
  }

  /// What became of a life.
  public struct History: Hashable, Sendable {
    /// The jobs by status.
    public var jobs: [String: Int] = [:]
    /// The jobs that did not succeed by error code.
    public var errors: [String: Int] = [:]
    /// What happened to the daemon and its files, by kind.
    public var happenings: [Happening: Int] = [:]
    /// A number that two lives share only if their jobs, decisions, events and workflows are the same.
    public var digest: UInt64 = 0
    /// What was found: by the auditor, rows that could not be read, acknowledged jobs that are missing, jobs that are
    /// stuck.
    public var findings: [String] = []

    /// The number of jobs.
    public var jobCount: Int { jobs.values.reduce(0, +) }
  }

  /// The kinds of what happens besides the schedules.
  public enum Happening: String, CaseIterable, Sendable {
    case edit, run, cancel, terminate, resume
    case powerCut = "power cut"
    case clockStep = "clock step"
    case fullDisk = "full disk"
  }

  private let plan: Plan
  private let directory: String
  private let simulation: Simulation
  private let ids: SeededIDs
  private let queues: QueueBook = [
    QueueName(builtIn: .command): QueueLimits(maxRunning: 8, maxQueued: 20),
    QueueName(builtIn: .heartbeat): QueueLimits(maxRunning: 256),
    QueueName(builtIn: .container): QueueLimits(maxRunning: 8),
  ]
  private var generator: SeededGenerator
  private var workload: Workload
  private var daemon: SimulatedDaemon
  private var file: String
  private var cuts = 0
  private var history = History()
  private var auditedEvent: Int64 = 0
  private let observations = Observations()

  /// 2026-11-18T23:06:40Z.
  private static let beginning = Instant(microseconds: 1_795_000_000_000_000)

  /// Starts the first daemon.
  ///
  /// - Parameters:
  ///   - plan: what is simulated.
  ///   - directory: an empty directory for the store. In memory (`/dev/shm`) it is much faster.
  /// - Throws: ``StoreError`` if the store cannot be created.
  public init(_ plan: Plan, in directory: String) throws {
    self.plan = plan
    self.directory = directory
    // Other numbers than those of the simulation and of the ids.
    generator = SeededGenerator(seed: plan.seed ^ 0x5DEE_CE66_D123_4567)
    workload = Workload(count: plan.workflows, using: &generator)
    simulation = Simulation(seed: plan.seed, startingAt: Self.beginning)
    ids = SeededIDs(seed: plan.seed)
    file = "\(directory)/0.db"
    daemon = try SimulatedDaemon(
      in: simulation, file: file, ids: ids, queues: queues, files: workload.files,
      unreadable: { [observations] in observations.note($0) }, script: Workload.script)
  }

  /// Lives to the end of the plan, and returns the history.
  ///
  /// - Throws: ``StoreError`` or ``SimulatedDaemon/Refused`` if the store cannot be used any more.
  public mutating func live() throws -> History {
    for day in 0..<plan.days {
      let end = Self.beginning + .seconds(Int64(day + 1) * 86_400)
      let moments = (0..<3).map { _ in Int64.random(in: 0..<86_400, using: &generator) }.sorted()
      for moment in moments {
        simulation.run(until: end - .seconds(86_400) + .seconds(moment))
        try meet(happening())
      }
      simulation.run(until: end)
      try audit(after: Self.auditEvery)
    }
    return try conclude()
  }

  /// Chooses what happens next.
  private mutating func happening() -> Happening {
    let dice = UInt64.random(in: 0..<100, using: &generator)
    switch dice {
    case 0..<35: return .edit
    case 35..<60: return .run
    case 60..<70: return .cancel
    case 70..<75: return .terminate
    case 75..<82: return .resume
    case 82..<90 where plan.hasFaults: return .powerCut
    case 90..<95 where plan.hasFaults: return .clockStep
    case 95..<100 where plan.hasFaults: return .fullDisk
    default: return .run
    }
  }

  private mutating func meet(_ happening: Happening) throws {
    let scheduling = daemon.scheduling
    switch happening {
    case .edit:
      guard workload.edit(using: &generator) != nil else { return }
      try daemon.reload(workload.files, queues: queues)
    case .run: runSome(1)
    case .cancel:
      guard let id = try daemon.look({ try $0.openJobs() }).randomElement(using: &generator) else { return }
      scheduling.cancel(id) { _ in }
    case .terminate:
      let isHard = generator.next() % 2 == 0
      guard let name = workload.any(using: &generator) else { return }
      scheduling.terminate(name, cancelRunning: isHard) { _ in }
    case .resume:
      guard let name = try daemon.look({ try $0.terminatedWorkflows() }).randomElement(using: &generator) else {
        return
      }
      scheduling.resume(name) { _ in }
    case .powerCut: try cutPower()
    case .clockStep:
      simulation.stepClock(by: .seconds(Int64.random(in: -7200...7200, using: &generator)))
    case .fullDisk: try fillDisk()
    }
    history.happenings[happening, default: 0] += 1
    daemon.settle()
  }

  /// Requests runs of workflows that the generator chooses; what is acknowledged is remembered.
  private mutating func runSome(_ count: Int) {
    for _ in 0..<count {
      guard let name = workload.any(using: &generator) else { return }
      daemon.scheduling.run(RunRequest(name)) { [observations] in observations.note($0) }
    }
  }

  /// Ends the daemon in the middle of its work, and starts another one up to an hour later.
  ///
  /// The files are those that the kernel has at that moment: everything that was answered, and nothing else. Whether the
  /// disk has them too is not simulated.
  private mutating func cutPower() throws {
    runSome(5)
    let work = UInt64.random(in: 0..<100, using: &generator)
    simulation.run(items: Int(work))
    cuts += 1
    let next = "\(directory)/\(cuts).db"
    let manager = FileManager.default
    try manager.copyItem(atPath: file, toPath: next)
    if manager.fileExists(atPath: "\(file)-wal") { try manager.copyItem(atPath: "\(file)-wal", toPath: "\(next)-wal") }
    observations.cut {
      daemon.store.call { $0.close() }
      simulation.forgetEverything()
    }
    for ending in ["", "-wal", "-shm"] where manager.fileExists(atPath: file + ending) {
      try manager.removeItem(atPath: file + ending)
    }
    file = next
    let pause = Int64.random(in: 0..<3600, using: &generator)
    simulation.run(until: simulation.now + .seconds(pause))
    daemon = try SimulatedDaemon(
      in: simulation, file: file, ids: ids, queues: queues, files: workload.files, bootID: "boot \(cuts)",
      unreadable: { [observations] in observations.note($0) }, script: Workload.script)
    try seekAcknowledged()
  }

  /// Finds each acknowledged job in the store.
  private mutating func seekAcknowledged() throws {
    for id in observations.acknowledged where try !daemon.look({ try $0.holds(id) }) {
      let finding = "P1: job \(id) was acknowledged and is missing"
      if !history.findings.contains(finding) { history.findings.append(finding) }
    }
  }

  /// The most events between two audits: fewer than the events that the store keeps.
  private static let auditEvery: Int64 = 400_000

  /// Audits the store, if enough has happened since the last audit.
  private mutating func audit(after events: Int64) throws {
    let newest = try daemon.look { try $0.newestEventNumber() }
    guard newest - auditedEvent >= events else { return }
    auditedEvent = newest
    for finding in try daemon.look({ try $0.audit().map(\.description) }) where !history.findings.contains(finding) {
      history.findings.append(finding)
    }
  }

  /// Lets the store not grow for ten minutes, so that most writes fail as on a full disk.
  private mutating func fillDisk() throws {
    runSome(3)
    try daemon.look { try $0.setFull(true) }
    simulation.run(until: simulation.now + .seconds(600))
    try daemon.look { try $0.setFull(false) }
  }

  /// Counts the jobs, audits the store, and closes it.
  private mutating func conclude() throws -> History {
    // Without faults, everything that is due starts, and everything that runs too long is ended.
    simulation.run(until: simulation.now + .seconds(7200))
    let now = simulation.now
    let stuck = try daemon.look {
      try $0.stuckJobs(scheduledBefore: now - .seconds(60), startedBefore: now - .seconds(900))
    }
    history.findings += stuck.map { "job \($0) is stuck" }
    try seekAcknowledged()
    try audit(after: 0)
    history.findings += observations.unreadable.map { "\($0) could not be read" }
    history.errors = try daemon.look { try $0.errorCounts() }
    history.jobs = try daemon.look { try $0.jobCounts() }
    var digest = Fingerprint()
    for line in try daemon.look({ try $0.contents() }) { digest.add((line + "\n").utf8) }
    history.digest = digest.value
    daemon.store.call { $0.close() }
    return history
  }
}
