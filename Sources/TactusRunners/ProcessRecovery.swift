import TactusLinux
import TactusModel
import TactusPorts

/// A question of a starting daemon: whether anything of a claim is left.
struct Inquiry: Sendable {
  let remnant: Remnant
  let events: @Sendable (RunnerEvent) -> Void
  let answer: @Sendable (Found) -> Void
}

extension ProcessRunner {
  /// Collects questions until those posted right after this one have arrived.
  ///
  /// One look at /proc then answers all.
  func inquire(_ inquiry: Inquiry) {
    inquiries.append(inquiry)
    if inquiries.count == 1 { post { $0.answerInquiries() } }
  }

  private func answerInquiries() {
    let asked = inquiries
    inquiries = []
    // Without a boot id no claim can be of this boot. An unreadable /proc would also show no process.
    let boot = try? Machine.bootID()
    let ofThisBoot = asked.filter { $0.remnant.bootID == boot }
    let carriers = ofThisBoot.isEmpty ? [:] : ProcessCensus.take().carriers
    for inquiry in asked {
      let tree = inquiry.remnant.bootID == boot ? remains(of: inquiry.remnant, carriers: carriers) : nil
      guard let tree, let watches = try? watches() else {  // without a descriptor to spare nothing can be watched
        inquiry.answer(.gone)
        continue
      }
      adopt(inquiry, tree: tree, watches: watches)
    }
  }

  private func adopt(_ inquiry: Inquiry, tree: any ProcessTree, watches: ProcessWatches) {
    let id = inquiry.remnant.id
    guard runs[id] == nil else { fatalError("attempt \(id) is to be recovered while it runs") }
    let output = ProcessOutput(stdout: nil, stderr: nil, limit: 0, watches: watches)
    let run = ProcessRun(id, main: nil, tree: tree, output: output, events: inquiry.events)
    // Unknown for an orphan. Removing secrets that do not exist does nothing.
    run.hasCredentials = true
    runs[id] = run
    inquiry.answer(.orphan)
    settle(run)
  }

  /// The living processes of a claim of this boot; nil if all have ended.
  private func remains(of remnant: Remnant, carriers: [JobID: [Int]]) -> (any ProcessTree)? {
    guard let watches = try? watches() else { return nil }  // the caller reports it
    if let group = root.map({ ControlGroup(at: "\($0.path)/tactus-\(remnant.id)") }), group.exists {
      if group.isPopulated { return ProcessGroup(of: remnant.id, group: group, watches: watches) }
      _ = group.remove()
    }
    let leader = remnant.facts.flatMap(leader)
    guard leader != nil || carriers[remnant.id]?.isEmpty == false else { return nil }
    return ProcessSession(
      ofOrphan: remnant.id, leader: leader, startTicks: remnant.facts?.processStart, watches: watches)
  }

  /// The process that the row describes; nil if it has ended.
  private func leader(_ facts: StartFacts) -> ProcessHandle? {
    guard let process = facts.processID, let start = facts.processStart,
      let handle = try? ProcessHandle(of: process)  // it is gone by now
    else { return nil }
    // Compared after opening, because only then the start time certainly belongs to this process.
    if ProcessTable.startTicks(of: process) == start, !handle.hasEnded { return handle }
    handle.close()
    return nil
  }
}
