internal import TactusControl
internal import TactusLinux
internal import TactusMessages
internal import TactusModel
internal import TactusPorts
internal import TactusProtocol
internal import TactusRunners
internal import TactusScheduler
internal import TactusSystemd

/// Reads the files again, on a separate queue, because a folder of ten thousand files takes a while.
struct Reloading: DefinitionFiles {
  private let ground: Ground
  private let hands: Hands
  private let workers: Workers
  private let ledger: any Ledger
  private let files: DispatchWorkQueue
  /// The providers of files that are in force: those of the start.
  private let providers: [Provider]
  /// One reload at a time, so that ten thousand definitions are in memory only once.
  let turns = Turns()
  /// One look at a file at a time, because each needs a process, and any caller may ask for names that do not exist.
  let lookTurns = Turns()

  init(
    _ ground: Ground, _ memory: Memory, _ hands: Hands, _ workers: Workers, files: DispatchWorkQueue,
    providers: [Provider]
  ) {
    (self.ground, self.hands, self.workers, self.files, self.providers) = (ground, hands, workers, files, providers)
    ledger = memory.store
  }

  private var health: Health { ground.health }
  private var lookout: Lookout { ground.lookout }
  private var directory: String { ground.directories.configuration }

  /// Whether there is a file of a workflow's name, good or bad.
  func hasFile(of name: WorkflowName, for user: UInt32, answer: @escaping @Sendable (Bool) -> Void) {
    // A file that does not answer may exist.
    let file = "workflows/\(name).workflow"
    lookTurns.take(for: user) { done in
      lookout.look(at: [Look(.linkStatus, "\(directory)/\(file)", use: file)]) { sights in
        done()
        answer(!sights[0].isAbsence)
      }
    }
  }

  /// The warnings of a definition that arrived over the socket.
  func warnings(
    of definition: Definition, for name: WorkflowName, answer: @escaping @Sendable ([UnitFileProblem]) -> Void
  ) {
    let file = "\(name).workflow"
    // Not on the queue of the files, so that a path that does not answer delays only this caller.
    lookout.run(for: Outlook.looks(at: definition, of: name)) { [lookout, hands, ground] in
      var outlook = hands.outlook
      outlook.look(at: [(name, definition)], with: lookout)
      answer(
        Configuration.warnings(of: definition, file: file) + outlook.surroundings(of: definition, file: file)
          + outlook.inputs(of: definition, file: file)
          + ground.authority.custody.warnings(of: definition, file: file, with: lookout) {
            outlook.hasAnswer(ofInput: $0)
          })
    }
  }

  /// Reads and applies the files again; the principal is nil if a signal requested it.
  func reload(for principal: Principal?, answer: @escaping Answer<Reload.Reply>) {
    turns.take(for: principal?.user ?? 0) { done in
      begin(for: principal) { result in
        done()
        answer(result)
      }
    }
  }

  private func begin(for principal: Principal?, answer: @escaping Answer<Reload.Reply>) {
    health.announce(.reloading(since: ground.time.monotonic))
    files.post {
      ground.authority.refresh()
      health.report(hands.renewJobUser())
      health.report(Units.pipes(ground.directories))
      // Before the files, so that jobs that become due by them go to the right runner.
      hands.units.examine { place in
        files.post { takeOver(for: principal, autoRunner: place, answer: answer) }
      }
    }
  }

  private func takeOver(
    for principal: Principal?, autoRunner: RunnerName?, answer: @escaping Answer<Reload.Reply>
  ) {
    var configuration = Configuration.read(directory, lookout)
    configuration.examineCustody(of: directory, by: ground.authority)
    configuration.warnings += unappliedChanges(in: configuration)
    workers.scheduling.load(configuration.definitions, present: configuration.present) { [configuration] result in
      health.announce(.ready)
      let changed = if case .success = result { replaceLimits(by: configuration) } else { [QueueName]() }
      // The log has a failure or a success; the events have only what was done.
      if case .success = result { ledger.record(.daemonReloaded, at: ground.time.now) { _ in } }
      // The definitions are in force now, so a path that does not answer delays only this answer.
      files.post {
        var configuration = configuration
        configuration.lookAhead(hands.outlook, with: lookout)
        health.report(configuration, try? result.get())  // a failure is reported below
        health.report(warningsOf: configuration)
        let reply = result.map { Reload.Reply($0, configuration, autoRunner: autoRunner, queues: changed) }
        health.report(reloadOf: reply, askedBy: principal)
        answer(reply)
      }
    }
  }
}

extension Reloading {
  /// Puts the limits of files in force, and returns the queues with other limits than before.
  ///
  /// Jobs that a higher limit lets start or leave the backlog do so at once.
  private func replaceLimits(by configuration: Configuration) -> [QueueName] {
    let before = ground.queues.all
    let limits = configuration.limits(after: before)
    let changed = limits.keys.filter { limits[$0] != before[$0] }.sorted()
    guard !changed.isEmpty else { return [] }
    ground.queues.replace(with: limits)
    workers.examineQueues()
    for queue in changed {
      guard let limits = limits[queue] else { continue }
      health.report(
        JournalEntry(
          .queueChanged,
          "queue \(queue): MaxRunning=\(limits.maxRunning) and MaxQueued=\(limits.maxQueued) are in force",
          fields: [.queue: queue.text]))
    }
    return changed
  }

  /// Warnings of changed files that take effect only at the next start.
  private func unappliedChanges(in configuration: Configuration) -> [UnitFileProblem] {
    var files: [String] = []
    let names = Set(providers.map(\.name)).union(configuration.providers.map(\.name))
    files += names.filter { name in
      providers.first { $0.name == name } != configuration.providers.first { $0.name == name }
    }.map { "providers/\($0).provider" }
    if configuration.settings != ground.settings { files.append("tactusd.conf") }
    return files.sorted().map { file in
      UnitFileProblem(file: file, line: 0, message: "the changes take effect at the next start of tactusd")
    }
  }
}

extension Reload.Reply {
  init(_ loaded: Loaded, _ configuration: Configuration, autoRunner: RunnerName?, queues: [QueueName]) {
    let refused = loaded.refused.sorted { $0.key < $1.key }.map {
      WireProblem(file: "workflows/\($0.key).workflow", line: 0, message: $0.value.description)
    }
    self.init(
      loaded: max(0, configuration.goodCount - refused.count),
      workflows: max(0, configuration.definitions.count - refused.count),
      created: loaded.created, changed: loaded.changed, removed: loaded.removed,
      problems: configuration.problems.map { WireProblem($0) } + refused,
      warnings: configuration.reportedWarnings.map { WireProblem($0) }, autoRunner: autoRunner,
      terminated: loaded.terminated.map(\.name), queues: queues)
  }
}

extension Health {
  /// Reports the problems of files, and the workflows that they changed.
  func report(_ configuration: Configuration, _ loaded: Loaded?) {
    var refused = configuration.problems.map {
      FileProblem(
        entry: JournalEntry(.fileRefused, "\($0) (file ignored)", fields: [.file: $0.file]),
        place: $0.line > 0 ? "\($0.file):\($0.line)" : $0.file)
    }
    for (name, conflict) in (loaded?.refused ?? [:]).sorted(by: { $0.key < $1.key }) {
      refused.append(
        FileProblem(
          entry: JournalEntry(
            .fileRefused, "workflows/\(name).workflow: \(conflict) (file ignored)",
            fields: [.file: "workflows/\(name).workflow", .workflow: name.text]),
          place: "workflows/\(name).workflow"))
    }
    report(filesRefused: refused)
    report(.workflowFileGone, of: loaded?.removed, "was terminated: its file is gone")
    let terminated = loaded?.terminatedReasons ?? [:]
    report(.workflowChanged, of: loaded?.changed) { name in
      guard let reason = terminated[name] else { return "was changed by its file" }
      return "was changed by its file, and is still terminated \(reason.cause(limit: nil)). "
        + "Run tactusctl resume \(name) to have it plan again."
    }
    report(.workflowCreated, of: loaded?.created, "was created or restored by its file")
  }

  /// Reports the warnings of files.
  func report(warningsOf configuration: Configuration) {
    for warning in configuration.reportedWarnings {
      report(JournalEntry(.fileWarning, "\(warning)", fields: [.file: warning.file]))
    }
  }

  /// The number of workflows that are reported one by one after files were read.
  ///
  /// The counts include all.
  private static let namedWorkflows = 100

  private func report(_ kind: JournalMessage, of names: [WorkflowName]?, _ predicate: String) {
    report(kind, of: names) { _ in predicate }
  }

  private func report(_ kind: JournalMessage, of names: [WorkflowName]?, _ predicate: (WorkflowName) -> String) {
    for name in names?.prefix(Self.namedWorkflows) ?? [] {
      report(JournalEntry(kind, "workflow \(name) \(predicate(name))", fields: [.workflow: name.text]))
    }
  }

  /// Reports the result of a reload.
  fileprivate func report(reloadOf result: Result<Reload.Reply, Refusal>, askedBy principal: Principal?) {
    let asked = principal.map { ", requested by \($0.words)" } ?? ", requested by a signal"
    switch result {
    case .success(let reply):
      let problems = reply.problems.isEmpty ? "" : ", \(reply.problems.count.counted("problem"))"
      report(
        JournalEntry(
          .daemonReloaded,
          "reload\(asked): \((reply.workflows ?? 0).counted("workflow")) from files, \(reply.created.count) created, "
            + "\(reply.changed.count) changed, \(reply.removed.count) removed\(problems)", all: principal?.fields ?? [])
      )
    case .failure(let failure):
      report(
        JournalEntry(
          .reloadFailed, "reload\(asked): no file was applied: \(failure)",
          all: [(.reason, "\(failure)")] + (principal?.fields ?? [])))
    }
  }
}
