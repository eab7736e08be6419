import TactusModel

/// Why a job is in its state: what it waits for, how late it started and why, or who canceled it.
///
/// The job has a status and a phase of this version. A reason to wait of another version is shown in quotes, and an
/// error code of another version as it is.
struct StateSentence {
  /// The row, whose instants show where the time went.
  let job: Job
  /// What the row does not show: the blocking job, the place in line, the counts and limits of the queue.
  let circumstances: Explanation.Circumstances

  /// Delays below this need no explanation: 100 ms.
  private static let notable: Duration = .milliseconds(100)

  /// The sentence without a full stop at the end; its subject is the job.
  ///
  /// - PENDING and QUEUED: what it waits for, and the key that limits it.
  /// - RUNNING: how late it started, and what keeps it from ending.
  /// - COMPLETED and FAILED: how late it started, or why it never started. The error itself is not part of it.
  /// - CANCELED: who or what canceled it.
  ///
  /// In phase `unverified` a second sentence has the way out.
  var text: String {
    guard let status = job.status.known else { return job.status.rawValue }
    return switch (status, job.phase?.known) {
    case (.pending, .held): "held without a time; set one with tactusctl schedule"
    case (.pending, .due): wait
    case (.pending, _): "waits for its time"
    case (.queued, .unverified): "was being started; \(unverified)"
    case (.queued, .waitingForProvider):
      "waits for a provider: each one it may run on is full or does not answer (tactusctl providers)"
    case (.queued, .dispatching): "has a slot of queue \(job.queue) and is being started"
    case (.queued, _): "waits for a slot of queue \(job.queue): \(slots)\(place)"
    case (.running, .unverified): "\(start); \(unverified)"
    case (.running, .stopping): "is being stopped\(obstacle); \(start)"
    case (.running, _): "is running\(obstacle); \(start)"
    case (.completed, _), (.failed, _): start
    case (.canceled, _): job.errorCode.map { $0.known?.cancellation ?? $0.rawValue } ?? "was canceled"
    }
  }

  /// What a job in PENDING/due waits for; without a known reason, room in its queue.
  ///
  /// A run that blocks it is named, if it is still known. The full queue has its counts: `1000 of 1000 QUEUED jobs`.
  private var wait: String {
    if let wait = job.wait, wait.known == nil { return "is due and waits for '\(wait.rawValue)'" }
    switch job.wait?.known {
    case .overlap:
      let blocker = circumstances.blocker.map { "job \($0)" } ?? "an earlier run"
      return "is due and waits for \(blocker) of the same workflow to end (Overlap=)"
    case .backlog, nil:
      let most = circumstances.maxQueued.map { " of \($0)" } ?? ""
      return "is due, but queue \(job.queue) is full with \(circumstances.queued)\(most) QUEUED jobs (MaxQueued=)"
        + place
    }
  }

  /// How many slots of the queue are in use: `4 of 4 slots are taken (MaxRunning=)`; without a limit only the number.
  private var slots: String {
    circumstances.maxRunning.map { "\(circumstances.running) of \($0) slots are taken (MaxRunning=)" }
      ?? "\(circumstances.running) are running"
  }

  /// The place in line as the end of a sentence, `, place 3 in line`; empty for a job that is not in line.
  private var place: String { circumstances.place.map { ", place \($0.position) in line" } ?? "" }

  /// That the provider does not answer, and the two commands that help: to look at it, and to give the job up.
  ///
  /// With the id of the job, so that the command can be copied.
  private var unverified: String {
    "\(job.provider.map { "provider \($0)" } ?? "its provider") does not answer, so the state of the job is unknown until it "
      + "does (tactusctl providers). Run tactusctl cancel --abandon \(job.id) to give the job up"
  }

  /// What keeps a RUNNING job from ending, as the end of a clause; empty if nothing does.
  ///
  /// The error message of a row without an error code says that.
  private var obstacle: String { job.errorMessage.map { ", but \($0)" } ?? "" }

  /// How late it started, and what it waited for meanwhile.
  ///
  /// The delay is the measured one if there is one. Its parts are differences of the instants of the row: before the
  /// release, before the claim, until the start. A part below 100 ms is left out, so the parts may be fewer than three,
  /// or none at all.
  private var start: String {
    guard let delay = job.startDelay, let scheduledAt = job.scheduledAt, let startedAt = job.startedAt else {
      return "it was never started: \(job.errorCode?.rawValue ?? "no reason is recorded")"
    }
    guard delay >= Self.notable else { return "started in time, \(delay.milliseconds) ms after its instant" }
    var parts: [String] = []
    /// Adds a part if both instants are known and its length is notable.
    func add(_ from: Instant?, _ until: Instant?, _ what: String) {
      if let from, let until, until - from >= Self.notable { parts.append("\((until - from).shortText) \(what)") }
    }
    add(scheduledAt, job.queuedAt, job.waited.map { $0.known?.cause(in: job.queue) ?? "for '\($0.rawValue)'" } ?? late)
    add(job.queuedAt, job.claimedAt, "for a slot of queue \(job.queue) (MaxRunning=)")
    add(job.claimedAt, startedAt, "being started")
    return "started \(delay.shortText) late" + (parts.isEmpty ? "" : ": " + parts.joined(separator: ", "))
  }

  /// What made a job late before its release that waited for nothing: no daemon looked at it at its time.
  private var late: String { "because tactusd was not running, the machine was asleep, or its clock was set" }
}

extension Wait {
  /// What a released job waited for before its release, behind a length of time; the key is in brackets.
  fileprivate func cause(in queue: QueueName) -> String {
    switch self {
    case .overlap: "for an earlier run of the same workflow (Overlap=)"
    case .backlog: "for room in queue \(queue) (MaxQueued=)"
    }
  }
}

extension ErrorCode {
  /// Why a job was canceled; any code of another class is its word.
  fileprivate var cancellation: String {
    switch self {
    case .canceledByUser: "canceled on request"
    case .workflowTerminated: "its workflow was terminated"
    case .overlapReplaced: "a newer run of the workflow replaced it (Overlap=replace)"
    case .misfired: "a newer instant was due before it could start (Misfire=)"
    default: rawValue
    }
  }
}

extension Duration {
  /// `250 ms`, `12.5 s`, `3 min 20 s`, `2 h 5 min`, `1 d 3 h`: for sentences.
  ///
  /// At most two units, each rounded down. A negative span is in milliseconds.
  fileprivate var shortText: String {
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
