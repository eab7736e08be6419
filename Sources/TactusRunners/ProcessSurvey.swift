import Glibc
import TactusLinux

/// One look at all processes of the machine, which serves all attempts that asked for it in one turn.
final class ProcessSurvey {
  /// Who was there.
  let census: ProcessCensus
  /// The main processes of attempts, which are nobody's strays.
  private let mains: Set<Int>

  init(except mains: some Sequence<Int>) {
    census = .take()
    self.mains = Set(mains)
  }

  /// The processes whose parents have ended, so that the kernel made them our own children, with the pipes that they write to.
  ///
  /// A child that has not executed its program yet is none of them: it holds copies of all that this process has open.
  private lazy var strays: [(process: Int, pipes: Set<UInt64>)] = census.children(of: Int(getpid())).compactMap {
    mains.contains($0) || ProcessTable.runsOwnProgram($0) ? nil : ($0, ProcessTable.writtenPipes(of: $0))
  }

  /// The strays that write to one of some pipes: who holds the pipe of a job's output inherited it from the job.
  func strays(holding pipes: Set<UInt64>) -> [Int] {
    pipes.isEmpty ? [] : strays.filter { !$0.pipes.isDisjoint(with: pipes) }.map(\.process)
  }
}
