/// Why a nominal instant, or a job, got what it got: for `why`.
public struct Explanation: Hashable, Sendable {
  /// What became of it.
  public enum Outcome: String, CaseIterable, Sendable {
    /// Its time is still to come, or nobody has named one yet.
    case planned
    /// Its time has come, and it waits.
    case waiting
    /// It is running.
    case running
    /// It ran to an end, or failed before it was started.
    case ran
    /// Its job was canceled.
    case canceled
    /// A newer instant's run stands for it.
    case coalesced
    /// It was too late.
    case missed
    /// More had passed than are caught up.
    case limit
    /// The previous run was live.
    case overlap
    /// A person canceled the planned job.
    case skippedByUser = "skipped_by_user"
    /// The workflow did not plan then.
    case terminated
    /// The schedule was changed before.
    case edited
    /// No instant of the schedule.
    case none
    /// Another version of tactusd wrote it, and this one does not know its words.
    case unknown
  }

  /// The nominal instant, or the first of a range; nil for a held job.
  public var nominalAt: Instant?
  /// The last instant of a range of several.
  public var lastAt: Instant?
  /// How many instants the range has.
  public var count: Int
  /// What became of it.
  public var outcome: Outcome
  /// The job, if there is one.
  public var job: Job?
  /// When it was decided that there is no job.
  public var decidedAt: Instant?
  /// One sentence without a full stop, with the rule that decided.
  public var reason: String

  /// Puts an explanation together.
  public init(
    nominalAt: Instant?, lastAt: Instant? = nil, count: Int = 1, outcome: Outcome, job: Job? = nil,
    decidedAt: Instant? = nil, reason: String
  ) {
    self.nominalAt = nominalAt
    self.lastAt = lastAt
    self.count = count
    self.outcome = outcome
    self.job = job
    self.decidedAt = decidedAt
    self.reason = reason
  }

  /// Why a range of instants has no job.
  public init(of decision: Decision, decidedAt: Instant) {
    self.init(
      nominalAt: decision.first, lastAt: decision.count > 1 ? decision.last : nil, count: decision.count,
      outcome: decision.reason.outcome, decidedAt: decidedAt, reason: decision.reason.sentence)
  }

  /// Why a range of instants has no job, as another version decided it.
  public init(unknown reason: String, first: Instant, last: Instant, count: Int, decidedAt: Instant) {
    self.init(
      nominalAt: first, lastAt: count > 1 ? last : nil, count: count, outcome: .unknown, decidedAt: decidedAt,
      reason: "decided by another version of tactusd, for the reason '\(reason)'")
  }

  /// Why a job is where it is, or became what it became.
  public init(of job: Job, in circumstances: Circumstances) {
    guard let status = job.status.known, job.phase == nil || job.phase?.known != nil else {
      let standing = [job.status.rawValue, job.phase?.rawValue].compactMap(\.self).joined(separator: "/")
      self.init(
        nominalAt: job.nominalAt, outcome: .unknown, job: job,
        reason: "'\(standing)' was written by another version of tactusd, and this one leaves the job alone")
      return
    }
    let (outcome, reason): (Outcome, String) =
      switch (status, job.phase?.known) {
      case (.pending, .held): (.planned, "held: it starts at the time that tactusctl schedule gives it")
      case (.pending, .due): (.waiting, circumstances.reasonToWait(of: job))
      case (.pending, _): (.planned, "waits for its time")
      case (.queued, .unverified): (.waiting, "was being started; \(Self.unverified(job))")
      case (.queued, .waitingForProvider):
        (
          .waiting,
          "waits for a provider: none that it may run on answers, or they have as many jobs as they may (tactusctl providers)"
        )
      case (.queued, .dispatching): (.waiting, "has a slot of queue \(job.queue) and is being started")
      case (.queued, _): (.waiting, circumstances.reasonToQueue(of: job))
      case (.running, .unverified): (.running, "\(Self.start(of: job)); \(Self.unverified(job))")
      case (.running, .stopping): (.running, "is being stopped\(Self.obstacle(job)); \(Self.start(of: job))")
      case (.running, _): (.running, "is running\(Self.obstacle(job)); \(Self.start(of: job))")
      case (.completed, _), (.failed, _): (.ran, Self.start(of: job))
      case (.canceled, _): (.canceled, job.errorCode.map { $0.known?.cancellation ?? $0.rawValue } ?? "was canceled")
      }
    self.init(nominalAt: job.nominalAt, outcome: outcome, job: job, reason: reason)
  }

  private static func unverified(_ job: Job) -> String {
    "\(job.provider.map { "provider \($0)" } ?? "its provider") does not answer, so what became of it is unknown until it "
      + "does (tactusctl providers); tactusctl cancel --abandon \(job.id) gives it up"
  }

  private static func obstacle(_ job: Job) -> String { job.errorMessage.map { ", but \($0)" } ?? "" }

  /// Delays below this need no explanation.
  private static let notable: Duration = .milliseconds(100)

  /// How late it started, and what it waited for meanwhile.
  private static func start(of job: Job) -> String {
    guard let delay = job.startDelay, let scheduledAt = job.scheduledAt, let startedAt = job.startedAt else {
      return "it was never started: \(job.errorCode?.rawValue ?? "no reason is kept")"
    }
    guard delay >= notable else { return "started in time, \(delay.milliseconds) ms after its instant" }
    var parts: [String] = []
    func add(_ from: Instant?, _ until: Instant?, _ what: String) {
      if let from, let until, until - from >= notable { parts.append("\((until - from).shortText) \(what)") }
    }
    add(
      scheduledAt, job.queuedAt,
      job.waited.map { $0.known?.explanation(in: job.queue) ?? "for '\($0.rawValue)'" } ?? late)
    add(job.queuedAt, job.claimedAt, "for a slot of queue \(job.queue) (MaxRunning=)")
    add(job.claimedAt, startedAt, "being started")
    return "started \(delay.shortText) late" + (parts.isEmpty ? "" : ": " + parts.joined(separator: ", "))
  }

  private static let late = "because tactusd was not running then, or the machine was asleep or its clock was set"
}

extension Explanation {
  /// What a job stands in at the moment.
  public struct Circumstances: Hashable, Sendable {
    /// A live job of the same workflow.
    public var blocker: JobID?
    /// Where it stands in line.
    public var place: Place?
    /// How full its queue is.
    public var running = 0
    /// How many may run at once.
    public var maxRunning: Int?
    /// How many are QUEUED.
    public var queued = 0
    /// How many may be.
    public var maxQueued: Int?

    /// An idle machine.
    public init() {}

    func reasonToWait(of job: Job) -> String {
      if let wait = job.wait, wait.known == nil { return "its time has come; waits for '\(wait.rawValue)'" }
      return switch job.wait?.known {
      case .overlap:
        blocker.map { "its time has come; waits for job \($0) of the same workflow to end (Overlap=)" }
          ?? "its time has come; waits for an earlier run of the same workflow (Overlap=)"
      case .backlog, nil:
        "its time has come; queue \(job.queue) is full with \(queued)\(maxQueued.map { " of \($0)" } ?? "") QUEUED jobs"
          + " (MaxQueued=)" + placeText
      }
    }

    func reasonToQueue(of job: Job) -> String {
      let slots = maxRunning.map { "\(running) of \($0) slots are taken (MaxRunning=)" } ?? "\(running) are running"
      return "waits for a slot of queue \(job.queue): \(slots)\(placeText)"
    }

    private var placeText: String { place.map { ", place \($0.position) in line" } ?? "" }
  }
}

extension Decision.Reason {
  /// The same word.
  public var outcome: Explanation.Outcome {
    switch self {
    case .coalesced: .coalesced
    case .missed: .missed
    case .limit: .limit
    case .overlap: .overlap
    case .skippedByUser: .skippedByUser
    case .terminated: .terminated
    case .edited: .edited
    }
  }

  /// The rule, in words.
  public var sentence: String {
    switch self {
    case .coalesced: "passed over: the run of the newest instant that was due stands for it (Misfire=latest)"
    case .missed: "too late to be started when it could be (Misfire=skip, StartWithin=)"
    case .limit: "more instants had passed than are caught up (Misfire=all, MisfireLimit=)"
    case .overlap: "an earlier run of the workflow was still live (Overlap=skip)"
    case .skippedByUser: "somebody canceled the planned job"
    case .terminated: "the workflow was terminated at the time"
    case .edited: "the schedule was changed before it could run"
    }
  }
}

extension Wait {
  func explanation(in queue: QueueName) -> String {
    switch self {
    case .overlap: "for an earlier run of the same workflow (Overlap=)"
    case .backlog: "for room in queue \(queue) (MaxQueued=)"
    }
  }
}

extension ErrorCode {
  /// Why a job was canceled.
  var cancellation: String {
    switch self {
    case .canceledByUser: "somebody canceled it"
    case .workflowTerminated: "its workflow was terminated"
    case .overlapReplaced: "a newer run of the workflow replaced it (Overlap=replace)"
    case .misfired: "a newer instant was due before it could start (Misfire=)"
    default: rawValue
    }
  }
}

extension Duration {
  /// `250 ms`, `12.5 s`, `3 min 20 s`, `2 h 5 min`: for sentences.
  var shortText: String {
    let milliseconds = self.milliseconds
    switch milliseconds {
    case ..<1000: return "\(milliseconds) ms"
    case ..<60_000: return "\(milliseconds / 1000).\(milliseconds / 100 % 10) s"
    case ..<3_600_000: return "\(milliseconds / 60_000) min \(milliseconds / 1000 % 60) s"
    case ..<86_400_000: return "\(milliseconds / 3_600_000) h \(milliseconds / 60_000 % 60) min"
    default: return "\(milliseconds / 86_400_000) d \(milliseconds / 3_600_000 % 24) h"
    }
  }
}
