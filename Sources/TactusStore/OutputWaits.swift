internal import TactusModel

/// The callers that wait for the next line of a job.
///
/// Each wait is answered once. The answers run on the queue of ``OutputStore``, which owns this value.
struct OutputWaits {
  /// The open waits by their number, each with its job.
  private var answers: [UInt64: (id: JobID, answer: @Sendable () -> Void)] = [:]
  /// The numbers of the open waits of a job; a job without waits is absent.
  private var numbers: [JobID: Set<UInt64>] = [:]
  /// Jobs with waits whose lines are in the open transaction, or in one that failed.
  private var written: Set<JobID> = []

  /// Adds a wait that the next committed batch of the job answers.
  ///
  /// - Parameters:
  ///   - number: differs from those of all open waits.
  ///   - id: the job.
  ///   - answer: called once, by ``report()`` or ``cancel(_:)``.
  mutating func add(_ number: UInt64, for id: JobID, _ answer: @escaping @Sendable () -> Void) {
    answers[number] = (id, answer)
    numbers[id, default: []].insert(number)
  }

  /// Answers a wait that its caller gave up.
  mutating func cancel(_ number: UInt64) { take(number)?() }

  /// Notes that lines of a job are about to be committed.
  mutating func note(_ id: JobID) {
    if numbers[id] != nil { written.insert(id) }
  }

  /// Answers the waits for jobs whose lines were committed, and forgets these waits.
  mutating func report() {
    for id in written {
      for number in numbers[id] ?? [] { take(number)?() }
    }
    written.removeAll()
  }

  /// Answers all waits, because no more output is stored.
  mutating func end() {
    for number in answers.keys.sorted() { take(number)?() }
  }

  /// Removes a wait and returns its answer; nil if the number is unknown or was answered.
  private mutating func take(_ number: UInt64) -> (@Sendable () -> Void)? {
    guard let (id, answer) = answers.removeValue(forKey: number) else { return nil }
    numbers[id]?.remove(number)
    if numbers[id]?.isEmpty == true { numbers[id] = nil }
    return answer
  }
}
