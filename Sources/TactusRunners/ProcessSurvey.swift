import TactusLinux

/// One look at all processes of the machine, shared by all attempts that asked for it in one turn.
final class ProcessSurvey {
  /// The processes that were found.
  let census: ProcessCensus
  /// The main processes of attempts, which are not strays.
  private let mains: Set<Int>

  init(except mains: some Sequence<Int>) {
    census = .take()
    self.mains = Set(mains)
  }

  /// Processes that became our children when their parents ended, with the pipes that they write to.
  ///
  /// A child that has not executed its program yet does not count: it holds copies of every descriptor of this process.
  private lazy var strays: [(process: Int, pipes: Set<UInt64>)] = census.children(of: OwnProcess.id).compactMap {
    mains.contains($0) || ProcessTable.runsOwnProgram($0) ? nil : ($0, ProcessTable.writtenPipes(of: $0))
  }

  /// The strays that write to one of the given pipes.
  ///
  /// Whoever holds the pipe of a job's output inherited it from the job.
  func strays(holding pipes: Set<UInt64>) -> [Int] {
    pipes.isEmpty ? [] : strays.filter { !$0.pipes.isDisjoint(with: pipes) }.map(\.process)
  }
}
