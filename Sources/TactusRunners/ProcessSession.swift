import Glibc
import TactusLinux
import TactusModel

/// The tree of an attempt without a control group: its session, and whatever carries its `TACTUS_JOB_ID`.
///
/// A stop finds by /proc what has left the group, and waits for it by pidfds. A normal end kills the group and looks no
/// further, because reading all of /proc for every job would cost more than many a job: what has left the session then
/// lives on, as it would under cron. A control group leaves nothing.
///
/// The environment of another user's process is readable for root only: for a daemon that is not, such a job is its session
/// alone, wherefore it has control groups (`Delegate=yes`).
final class ProcessSession: ProcessTree {
  private let id: JobID
  private let watches: ProcessWatches
  /// The main process, which leads the session; nil for an orphan whose leader is gone.
  private let leader: Int?
  private var leaderIsChild: Bool
  private var hasEndedItself = false
  private var isKilling = false
  private var held: [Poller.Token: ProcessHandle] = [:]

  /// How often one kill looks for processes that were forked meanwhile; what is left is looked for again when those die.
  private static let rounds = 16

  /// The session of our own child.
  init(of id: JobID, leader: Int, watches: ProcessWatches) {
    (self.id, self.leader, self.watches) = (id, leader, watches)
    leaderIsChild = true
  }

  /// The session that another daemon has left.
  ///
  /// The leader is held from here on, because of another user's process nothing else says that it belongs to the job.
  init(ofOrphan id: JobID, leader: ProcessHandle?, watches: ProcessWatches) {
    (self.id, self.leader, self.watches) = (id, leader?.process, watches)
    leaderIsChild = false
    if let leader { watch(leader) }
  }

  func terminate() {
    signalGroup(.terminate)
    _ = look()
    for handle in held.values where !isInGroup(handle) { handle.send(.terminate) }
  }

  func kill() {
    isKilling = true
    signalGroup(.kill)
    killRest()
  }

  func mainEnded() {
    hasEndedItself = true
    // Before the reaping, because the zombie keeps the group's number from becoming somebody else's.
    signalGroup(.kill)
  }

  func mainStopped() {
    // Before the reaping, for the same reason: the session's number is certain now.
    if isKilling { killRest() } else { _ = look() }
  }

  func mainReaped() { leaderIsChild = false }

  func isGone() -> Bool {
    if hasEndedItself { return true }
    guard held.isEmpty else { return false }
    if isKilling { killRest() } else { _ = look() }
    return held.isEmpty
  }

  func heard(_ token: Poller.Token) {
    guard let handle = held.removeValue(forKey: token) else { return }
    watches.remove(token)
    handle.close()
  }

  func measure(into report: inout Report) {}

  var memoryKills: Int { 0 }

  private func killRest() {
    for _ in 0..<Self.rounds {
      let fresh = look()
      for handle in held.values { handle.send(.kill) }
      if fresh.isEmpty { return }
    }
  }

  private func signalGroup(_ signal: Signal) {
    guard leaderIsChild, let leader else { return }
    _ = Glibc.kill(-Int32(leader), signal.number)
  }

  /// Whether the signal to the group has reached it already.
  private func isInGroup(_ handle: ProcessHandle) -> Bool {
    guard leaderIsChild, let leader else { return false }
    return Int(getpgid(Int32(handle.process))) == leader
  }

  /// Finds what is alive besides our own child, watches it, and answers what was not known before.
  private func look() -> [ProcessHandle] {
    let known = Set(held.values.map(\.process))
    return ProcessTable.processes(carrying: id, inSession: session).compactMap { process in
      guard !known.contains(process), !(leaderIsChild && process == leader) else { return nil }
      return hold(process)
    }
  }

  /// The session's number while it is certainly ours: as long as its leader lives, or nobody else has the number.
  private var session: Int? {
    guard let leader else { return nil }
    if leaderIsChild || held.values.contains(where: { $0.process == leader }) { return leader }
    return Glibc.kill(Int32(leader), 0) != 0 && errno == ESRCH ? leader : nil
  }

  private func hold(_ process: Int) -> ProcessHandle? {
    let handle: ProcessHandle
    do { handle = try ProcessHandle(of: process) } catch {
      // Without a descriptor to spare it cannot be waited for, so it gets no grace; ESRCH means that it is gone.
      if error.code != ESRCH { _ = Glibc.kill(Int32(process), SIGKILL) }
      return nil
    }
    // Looked at again, because the number may have changed hands between the look and the opening.
    guard !handle.hasEnded, ProcessTable.belongs(process, to: id, inSession: session) else {
      handle.close()
      return nil
    }
    return watch(handle) ? handle : nil
  }

  /// Waits for the end of a process; one that cannot be waited for is killed.
  @discardableResult
  private func watch(_ handle: ProcessHandle) -> Bool {
    do {
      held[try watches.add(handle.descriptor, as: .rest(id))] = handle
      return true
    } catch {
      handle.send(.kill)
      handle.close()
      return false
    }
  }
}
