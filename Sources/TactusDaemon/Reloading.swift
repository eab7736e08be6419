internal import TactusLinux
internal import TactusModel
internal import TactusPorts
internal import TactusProtocol
internal import TactusScheduler
internal import TactusSystemd

/// Reads the files again: on a queue of its own, because a folder of ten thousand files takes a while.
struct Reloading: Sendable {
  let directory: String
  let files: DispatchWorkQueue
  let scheduling: SchedulingWorker
  let health: Health
  /// The limits in force: they are those of the start, because slots are not taken away from what runs.
  let limits: [QueueName: QueueLimits]
  let time: any TimeSource
  let authority: Authority
  let ledger: any Ledger

  /// Whether there is a file of a workflow's name, good or bad.
  func hasFile(of name: WorkflowName, answer: @escaping @Sendable (Bool) -> Void) {
    files.post { answer(Files.mayExist("\(directory)/workflows/\(name).workflow")) }
  }

  func reload(answer: @escaping @Sendable (Result<Reload.Reply, LedgerFailure>) -> Void) {
    health.announce(.reloading(since: time.monotonic))
    files.post {
      authority.refresh()
      var configuration = Configuration.read(directory)
      for (queue, limit) in configuration.limits where limits[queue] != limit {
        configuration.warnings.append(
          UnitFileProblem(
            file: "queues/\(queue).queue", line: 0, message: "changed limits take effect at the next start of tactusd"))
      }
      configuration.tell(health)
      scheduling.load(configuration.definitions, present: configuration.present) { [configuration] result in
        health.announce(.ready)
        // Told in the log as well, if the store cannot take it.
        ledger.record(.daemonReloaded, at: time.now) { _ in }
        if case .success(let loaded) = result { loaded.tell(health) }
        answer(result.map { Reload.Reply($0, configuration) })
      }
    }
  }
}

extension Reload.Reply {
  init(_ loaded: Loaded, _ configuration: Configuration) {
    let refused = loaded.refused.sorted { $0.key < $1.key }.map {
      WireProblem(file: "workflows/\($0.key).workflow", line: 0, message: $0.value)
    }
    self.init(
      loaded: max(0, configuration.goodCount - refused.count),
      created: loaded.created, changed: loaded.changed, removed: loaded.removed,
      problems: configuration.problems.map { WireProblem($0) } + refused,
      warnings: configuration.warnings.map { WireProblem($0) })
  }
}

extension Configuration {
  /// Tells what is wrong with files, once each.
  func tell(_ journal: any Journal) {
    for problem in problems { journal.tell(JournalEntry(.error, "\(problem); the file is ignored")) }
    for warning in warnings { journal.tell(JournalEntry(.warning, "\(warning)")) }
  }
}

extension Loaded {
  /// Tells what a load changed.
  func tell(_ journal: any Journal) {
    for (name, reason) in refused.sorted(by: { $0.key < $1.key }) {
      journal.tell(
        JournalEntry(.error, "workflows/\(name).workflow is ignored: \(reason)", fields: ["TACTUS_WORKFLOW": name.text])
      )
    }
    for name in removed {
      journal.tell(
        JournalEntry(
          .notice, "workflow \(name) was terminated: its file is gone", fields: ["TACTUS_WORKFLOW": name.text]))
    }
    for name in changed {
      journal.tell(
        JournalEntry(.info, "workflow \(name) was changed by its file", fields: ["TACTUS_WORKFLOW": name.text]))
    }
  }
}
