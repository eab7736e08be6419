import Glibc
import TactusLinux
import TactusModel

/// The process tree of an attempt without a control group, found through /proc.
///
/// It consists of the descendants of the main process, their sessions, and every process that carries the job's
/// `TACTUS_JOB_ID`. A stop finds them in /proc and waits for them with pidfds. A normal end kills the rest of the
/// process group and looks no further, because reading all of /proc would cost more than many a job. Processes that
/// left the group then continue, as under cron. A control group leaves none.
///
/// A kill first sends SIGSTOP to all known processes, then searches again. It sends SIGKILL when a search finds no new
/// process and none can fork. So it misses no child whose parent ends during the kill.
final class ProcessSession: ProcessTree {
  private let id: JobID
  private let watches: ProcessWatches
  private let killMode: KillMode
  /// The main process, which leads the first session; nil for an orphan whose leader is gone.
  private let leader: Int?
  /// The pipes of its output.
  ///
  /// They identify a stray that has left every session and group.
  private let pipes: Set<UInt64>
  private var leaderIsChild: Bool
  private var hasEndedItself = false
  private var isKilling = false
  /// Whether the last look found no living process.
  private var isVerified = false
  private var step = Step.none
  private var rounds = 0
  private var endedProcesses = 0
  private var held: [Poller.Token: Held] = [:]
  /// Sessions that processes of the attempt created, by number, with the start time of each leader.
  private var sessions: [Int: Int64] = [:]

  /// The purpose of the next look.
  private enum Step { case none, terminate, kill, check }

  private struct Held {
    let handle: ProcessHandle
    let startTicks: Int64
  }

  /// The number of looks after which a kill stops waiting for a growing tree.
  ///
  /// Survivors are looked for again when it dies.
  private static let mostRounds = 16

  /// The session of our own child.
  init(of id: JobID, leader: Int, killMode: KillMode, pipes: Set<UInt64>, watches: ProcessWatches) {
    (self.id, self.leader, self.killMode, self.pipes, self.watches) = (id, leader, killMode, pipes, watches)
    leaderIsChild = true
  }

  /// The session that an earlier daemon left.
  ///
  /// The leader is held from the beginning: for a process of another user, nothing else shows that it belongs to the
  /// job.
  init(ofOrphan id: JobID, leader: ProcessHandle?, startTicks: Int64?, watches: ProcessWatches) {
    (self.id, self.leader, self.watches) = (id, leader?.process, watches)
    (killMode, pipes, leaderIsChild) = (.controlGroup, [], false)
    if let leader, let startTicks { watch(leader, startTicks) }
  }

  func terminate() { if !hasEndedItself, step != .kill { step = .terminate } }

  func kill() {
    isKilling = true
    step = .kill
  }

  func mainEnded() { hasEndedItself = true }

  func mainReaped() {
    leaderIsChild = false
    if !hasEndedItself { lookAgainIfEmpty() }
  }

  func isGone() -> Bool {
    if isVerified { return held.isEmpty }
    if hasEndedItself, step == .none, held.isEmpty {
      if killMode == .process || !groupHasMembers { return true }
      kill()
    }
    if step == .none, held.isEmpty { step = .check }
    return false
  }

  func heard(_ token: Poller.Token) {
    guard let held = held.removeValue(forKey: token) else { return }
    watches.remove(token)
    held.handle.close()
    if !leaderIsChild { lookAgainIfEmpty() }
  }

  func measure(into report: inout Report) { report.endedProcesses = endedProcesses }

  var memoryKills: Int { 0 }

  var obstacle: String? {
    guard isKilling else { return nil }
    let leader = leaderIsChild ? [leader].compactMap(\.self) : []
    return ProcessTable.obstacle(to: leader + held.values.map(\.handle.process))
  }

  // MARK: Looks

  var awaitsCensus: Bool { step != .none }

  func look(at survey: ProcessSurvey) {
    let isGrowing = hold(members(in: survey), survey.census)
    switch step {
    case .none: break
    case .terminate:
      signalGroup(.terminate)
      for held in held.values where !isInGroup(held.handle) { held.handle.send(.terminate) }
      step = .none
    case .kill:
      rounds += 1
      if rounds < Self.mostRounds, isGrowing || mayGrow(survey.census) {
        signalAll(Signal(SIGSTOP))
        return
      }
      signalAll(.kill)
      (step, rounds) = (.none, 0)
    case .check: step = isGrowing && isKilling ? .kill : .none
    }
    isVerified = step == .none && held.isEmpty && !leaderIsChild
  }

  /// Whether a process of the attempt can fork before a signal reaches it.
  private func mayGrow(_ census: ProcessCensus) -> Bool {
    let leader = leaderIsChild ? [leader].compactMap(\.self) : []
    return (leader + held.values.map(\.handle.process)).contains { census.entries[$0]?.mayFork == true }
  }

  private func lookAgainIfEmpty() {
    guard held.isEmpty else { return }
    isVerified = false
    if step == .none { step = isKilling ? .kill : .check }
  }

  /// Every process of the attempt, except the main process and those that are already held.
  private func members(in survey: ProcessSurvey) -> [ProcessCensus.Entry] {
    let census = survey.census
    if hasEndedItself { return remainingGroup(in: census) }
    var found: [Int: ProcessCensus.Entry] = [:]
    var parents = held.values.filter { census.entries[$0.handle.process]?.startTicks == $0.startTicks }
      .map(\.handle.process)
    if leaderIsChild, let leader { parents.append(leader) }
    func take(_ processes: [Int]) {
      for process in processes where process > 1 && found[process] == nil && !(leaderIsChild && process == leader) {
        guard let entry = census.entries[process], !entry.hasEnded else { continue }
        found[process] = entry
        parents.append(process)
      }
    }
    take(census.carriers(of: id))
    take(survey.strays(holding: pipes))
    if let leader, leaderIsChild || isHeld(leader) || census.entries[leader] == nil {
      // While a process is in the session, the kernel does not reuse its number: credentials(7), "Sessions".
      take(census.members(ofSession: leader))
    }
    for (session, start) in sessions where census.entries[session].map({ $0.startTicks == start }) ?? true {
      take(census.members(ofSession: session))
    }
    while let process = parents.popLast() {
      take(census.children(of: process))
      guard let entry = census.entries[process], entry.session == process, process != leader else { continue }
      sessions[process] = entry.startTicks
      take(census.members(ofSession: process))
    }
    return Array(found.values)
  }

  /// The rest of the process group after its main process was reaped.
  private func remainingGroup(in census: ProcessCensus) -> [ProcessCensus.Entry] {
    // If a process has that number, the group was empty and its number was free.
    guard let leader, census.entries[leader] == nil else { return [] }
    return census.members(ofSession: leader).compactMap { census.entries[$0] }.filter {
      $0.group == leader && !$0.hasEnded
    }
  }

  // MARK: Processes

  private var groupHasMembers: Bool {
    guard let leader else { return false }
    return Glibc.kill(-Int32(leader), 0) == 0 || errno != ESRCH
  }

  /// The group is certainly ours while its leader has not been reaped.
  private func signalGroup(_ signal: Signal) {
    guard leaderIsChild, let leader else { return }
    _ = Glibc.kill(-Int32(leader), signal.number)
  }

  private func signalAll(_ signal: Signal) {
    signalGroup(signal)
    for held in held.values { held.handle.send(signal) }
  }

  /// Whether the signal to the group has already reached the process.
  private func isInGroup(_ handle: ProcessHandle) -> Bool {
    guard leaderIsChild, let leader else { return false }
    return Int(getpgid(Int32(handle.process))) == leader
  }

  private func isHeld(_ process: Int) -> Bool { held.values.contains { $0.handle.process == process } }

  /// Watches processes that are not watched yet.
  ///
  /// Returns true if there were any.
  private func hold(_ members: [ProcessCensus.Entry], _ census: ProcessCensus) -> Bool {
    let known = Set(held.values.map(\.handle.process))
    var isGrowing = false
    for member in members where !known.contains(member.process) && hold(member) {
      isGrowing = true
      if hasEndedItself { endedProcesses += 1 }
    }
    return isGrowing
  }

  private func hold(_ member: ProcessCensus.Entry) -> Bool {
    let handle: ProcessHandle
    do { handle = try ProcessHandle(of: member.process) } catch {
      // Without a spare descriptor its end cannot be awaited, so it gets no grace. ESRCH means that it is gone.
      if error.code != ESRCH { _ = Glibc.kill(Int32(member.process), SIGKILL) }
      return false
    }
    // Checked again, because the number may have been reused between the look and the opening.
    guard !handle.hasEnded, ProcessTable.startTicks(of: member.process) == member.startTicks else {
      handle.close()
      return false
    }
    return watch(handle, member.startTicks)
  }

  /// Waits for the end of a process.
  ///
  /// Kills it if it cannot be watched.
  @discardableResult
  private func watch(_ handle: ProcessHandle, _ startTicks: Int64) -> Bool {
    do {
      held[try watches.add(handle.descriptor, as: .rest(id))] = Held(handle: handle, startTicks: startTicks)
      return true
    } catch {
      handle.send(.kill)
      handle.close()
      return false
    }
  }
}
