internal import Synchronization
internal import TactusMessages
internal import TactusModel
internal import TactusPorts

/// Answers reads while the disk is silent, with the reason, instead of when the disk answers.
///
/// For single queries. The late result of an answered read is dropped.
final class PatientReader: LedgerReader {
  private struct State {
    var lastNumber: UInt64 = 0
    var refusals: [UInt64: @Sendable (Refusal) -> Void] = [:]
  }

  private let reader: any LedgerReader
  private let disk: DiskWatch
  private let state = Mutex(State())

  /// - Parameter disk: the watch of the reader's connection.
  init(_ reader: any LedgerReader, disk: DiskWatch) {
    self.reader = reader
    self.disk = disk
    disk.onChange { [weak self] in self?.refuseIfSilent() }
  }

  /// Refuses all waiting reads, if the disk is silent.
  private func refuseIfSilent() {
    guard let silence = disk.silence else { return }
    let waiting = state.withLock { state in
      defer { state.refusals = [:] }
      return state.refusals
    }
    for (_, refuse) in waiting.sorted(by: { $0.key < $1.key }) { refuse(.unavailable(.silent(silence))) }
  }

  /// Reads, and answers once: with the result, or with the reason why it takes too long.
  private func read<Value>(_ answer: @escaping Answer<Value>, _ body: (@escaping Answer<Value>) -> Void) {
    if let silence = disk.silence { return answer(.failure(.unavailable(.silent(silence)))) }
    let number = state.withLock { state in
      state.lastNumber += 1
      state.refusals[state.lastNumber] = { answer(.failure($0)) }
      return state.lastNumber
    }
    body { result in
      let isWanted = self.state.withLock { $0.refusals.removeValue(forKey: number) != nil }
      if isWanted { answer(result) }
    }
  }

  func job(_ id: JobID, answer: @escaping Answer<Job>) { read(answer) { reader.job(id, answer: $0) } }

  func newestJob(of workflow: WorkflowName, answer: @escaping Answer<Job>) {
    read(answer) { reader.newestJob(of: workflow, answer: $0) }
  }

  func jobs(_ ids: [JobID], answer: @escaping Answer<[Job]>) { read(answer) { reader.jobs(ids, answer: $0) } }

  func jobs(endingIn suffix: String, limit: Int, answer: @escaping Answer<[JobID]>) {
    read(answer) { reader.jobs(endingIn: suffix, limit: limit, answer: $0) }
  }

  func jobs(matching filter: JobFilter, answer: @escaping Answer<JobPage>) {
    read(answer) { reader.jobs(matching: filter, answer: $0) }
  }

  func workflow(_ name: WorkflowName, answer: @escaping Answer<Workflow>) {
    read(answer) { reader.workflow(name, answer: $0) }
  }

  func workflows(
    state: Workflow.State?, after name: WorkflowName?, limit: Int, answer: @escaping Answer<[Workflow]>
  ) { read(answer) { reader.workflows(state: state, after: name, limit: limit, answer: $0) } }

  func pulse(answer: @escaping Answer<Pulse>) { read(answer) { reader.pulse(answer: $0) } }

  func census(answer: @escaping Answer<Census>) { read(answer) { reader.census(answer: $0) } }

  func upcoming(of workflow: WorkflowName?, limit: Int, now: Instant, answer: @escaping Answer<[Upcoming]>) {
    read(answer) { reader.upcoming(of: workflow, limit: limit, now: now, answer: $0) }
  }

  func explanations(
    of workflow: WorkflowName, before instant: Instant?, limit: Int, now: Instant,
    answer: @escaping Answer<[Explanation]>
  ) { read(answer) { reader.explanations(of: workflow, before: instant, limit: limit, now: now, answer: $0) } }

  func explanation(
    of workflow: WorkflowName, at instant: Instant, now: Instant, answer: @escaping Answer<Explanation>
  ) { read(answer) { reader.explanation(of: workflow, at: instant, now: now, answer: $0) } }

  func explanation(of job: JobID, answer: @escaping Answer<Explanation>) {
    read(answer) { reader.explanation(of: job, answer: $0) }
  }

  func statistics(of subject: StatisticsSubject, from: Instant, until: Instant, answer: @escaping Answer<Statistics>) {
    read(answer) { reader.statistics(of: subject, from: from, until: until, answer: $0) }
  }

  func eventRange(answer: @escaping Answer<EventRange>) { read(answer) { reader.eventRange(answer: $0) } }

  func events(after sequence: Int64, matching filter: EventFilter, limit: Int, answer: @escaping Answer<EventPage>) {
    read(answer) { reader.events(after: sequence, matching: filter, limit: limit, answer: $0) }
  }
}

/// The readers for single queries of clients.
struct PatientReaders: Sendable {
  /// For short queries.
  let quick: PatientReader
  /// For long queries.
  let slow: PatientReader

  init(quick: any LedgerReader, slow: any LedgerReader, disks: Disks) {
    self.quick = PatientReader(quick, disk: disks.quick)
    self.slow = PatientReader(slow, disk: disks.slow)
  }
}

extension Duration {
  /// The sentence for operators about a disk that has been silent for this long.
  var sentenceOfDisk: String {
    Refusal.Unavailability.silent(self).description
  }
}
