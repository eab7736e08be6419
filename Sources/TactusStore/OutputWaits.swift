internal import TactusModel

/// Those who wait for a job's next line.
struct OutputWaits {
  private var answers: [UInt64: (id: JobID, answer: @Sendable () -> Void)] = [:]
  private var numbers: [JobID: Set<UInt64>] = [:]
  private var written: Set<JobID> = []

  mutating func add(_ number: UInt64, for id: JobID, _ answer: @escaping @Sendable () -> Void) {
    answers[number] = (id, answer)
    numbers[id, default: []].insert(number)
  }

  /// Answers a wait that nothing is expected of any more.
  mutating func cancel(_ number: UInt64) { take(number)?() }

  /// A job has lines that are about to be committed.
  mutating func note(_ id: JobID) {
    if numbers[id] != nil { written.insert(id) }
  }

  /// They are.
  mutating func tell() {
    for id in written {
      for number in numbers[id] ?? [] { take(number)?() }
    }
    written.removeAll()
  }

  private mutating func take(_ number: UInt64) -> (@Sendable () -> Void)? {
    guard let (id, answer) = answers.removeValue(forKey: number) else { return nil }
    numbers[id]?.remove(number)
    if numbers[id]?.isEmpty == true { numbers[id] = nil }
    return answer
  }
}
