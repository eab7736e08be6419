internal import TactusLinux
internal import TactusModel
internal import TactusPorts
internal import TactusProtocol
internal import TactusRunners
internal import TactusScheduler
internal import TactusSystemd
internal import TactusTransport
internal import TactusUnitFile

/// Reads the files again: on a queue of its own, because a folder of ten thousand files takes a while.
struct Reloading: Sendable {
  let directory: String
  let files: DispatchWorkQueue
  let lookout: Lookout
  let scheduling: SchedulingWorker
  let health: Health
  /// The limits in force: they are those of the start, because slots are not taken away from what runs.
  let limits: [QueueName: QueueLimits]
  /// The providers and the settings in force: those of the start as well.
  let providers: [Provider]
  let settings: DaemonSettings
  let time: any TimeSource
  let authority: Authority
  let ledger: any Ledger
  /// Looks up whom commands run as, and lets the next ones run so.
  let user: @Sendable () -> JobUser
  let units: UnitRunner
  let pipes: PipeDirectory
  /// What this daemon knows of the machine by now.
  let outlook: @Sendable () -> Outlook
  /// One reload at a time: what ten thousand files say is in memory once, however many ask for it.
  let turns = Turns()

  /// Whether there is a file of a workflow's name, good or bad.
  func hasFile(of name: WorkflowName, answer: @escaping @Sendable (Bool) -> Void) {
    // What does not answer may be there.
    let file = "workflows/\(name).workflow"
    lookout.look(at: [Look(.linkStatus, "\(directory)/\(file)", use: file)]) { answer(!$0[0].isAbsence) }
  }

  /// What of a definition that comes over the socket will not go as it is written.
  func warnings(of definition: Definition, file: String, answer: @escaping @Sendable ([UnitFileProblem]) -> Void) {
    // Not on the queue of the files: whoever waits for a path that does not answer waits alone.
    lookout.run(for: Outlook.looks(of: definition, file: file)) { [lookout] in
      var outlook = outlook()
      outlook.look(at: [(file, definition)], with: lookout)
      answer(
        Configuration.warnings(of: definition, file: file) + outlook.surroundings(of: definition, file: file)
          + outlook.inputs(of: definition, file: file)
          + authority.custody.warnings(of: definition, file: file, with: lookout) { outlook.hasAnswer(ofInput: $0) })
    }
  }

  /// Reads the files again and takes over what they say; without a peer it was a signal that asked.
  func reload(for peer: Peer? = nil, answer: @escaping @Sendable (Result<Reload.Reply, LedgerFailure>) -> Void) {
    turns.take(for: peer?.uid ?? 0) { done in
      begin(for: peer) { result in
        done()
        answer(result)
      }
    }
  }

  private func begin(for peer: Peer?, answer: @escaping @Sendable (Result<Reload.Reply, LedgerFailure>) -> Void) {
    health.announce(.reloading(since: time.monotonic))
    files.post {
      authority.refresh()
      health.tell(user())
      health.tell(pipes)
      // Before the files, so that what they make due goes where it belongs by now.
      units.examine { place in
        files.post { takeOver(for: peer, autoRunner: place, answer: answer) }
      }
    }
  }

  private func takeOver(
    for peer: Peer?, autoRunner: RunnerName?, answer: @escaping @Sendable (Result<Reload.Reply, LedgerFailure>) -> Void
  ) {
    var configuration = Configuration.read(directory, lookout)
    configuration.examineCustody(of: directory, by: authority)
    configuration.warnings += unappliedChanges(in: configuration)
    scheduling.load(configuration.definitions, present: configuration.present) { [configuration] result in
      health.announce(.ready)
      // Told in the log as well, if the store cannot take it.
      ledger.record(.daemonReloaded, at: time.now) { _ in }
      // In force by now: a path that does not answer delays nothing but this answer.
      files.post {
        var configuration = configuration
        configuration.lookAhead(outlook(), with: lookout)
        health.tell(configuration, try? result.get())  // a failure is told by the next line
        health.tell(warningsOf: configuration)
        let reply = result.map { Reload.Reply($0, configuration, autoRunner: autoRunner) }
        health.tell(reloadOf: reply, askedBy: peer)
        answer(reply)
      }
    }
  }
}

extension Reloading {
  /// What files say that only the next start takes up.
  private func unappliedChanges(in configuration: Configuration) -> [UnitFileProblem] {
    var files = configuration.limits.filter { limits[$0.key] != $0.value }.map { "queues/\($0.key).queue" }
    let names = Set(providers.map(\.name)).union(configuration.providers.map(\.name))
    files += names.filter { name in
      providers.first { $0.name == name } != configuration.providers.first { $0.name == name }
    }.map { "providers/\($0).provider" }
    if configuration.settings != settings { files.append("tactusd.conf") }
    return files.sorted().map { file in
      UnitFileProblem(file: file, line: 0, message: "what has changed takes effect at the next start of tactusd")
    }
  }
}

extension Reload.Reply {
  init(_ loaded: Loaded, _ configuration: Configuration, autoRunner: RunnerName?) {
    let refused = loaded.refused.sorted { $0.key < $1.key }.map {
      WireProblem(file: "workflows/\($0.key).workflow", line: 0, message: $0.value)
    }
    self.init(
      loaded: max(0, configuration.goodCount - refused.count),
      workflows: max(0, configuration.definitions.count - refused.count),
      created: loaded.created, changed: loaded.changed, removed: loaded.removed,
      problems: configuration.problems.map { WireProblem($0) } + refused,
      warnings: configuration.toldWarnings.map { WireProblem($0) }, autoRunner: autoRunner,
      terminated: loaded.terminated.map(\.name))
  }
}

extension Health {
  /// Tells what files said and what became of it, each thing once.
  func tell(_ configuration: Configuration, _ loaded: Loaded?) {
    var refused = configuration.problems.map {
      FileProblem(
        entry: JournalEntry(.fileRefused, "\($0); the file is ignored", fields: [.file: $0.file]),
        place: $0.line > 0 ? "\($0.file):\($0.line)" : $0.file)
    }
    for (name, reason) in (loaded?.refused ?? [:]).sorted(by: { $0.key < $1.key }) {
      refused.append(
        FileProblem(
          entry: JournalEntry(
            .fileRefused, "workflows/\(name).workflow is ignored: \(reason)",
            fields: [.file: "workflows/\(name).workflow", .workflow: name.text]),
          place: "workflows/\(name).workflow"))
    }
    tell(filesRefused: refused)
    tell(.workflowFileGone, of: loaded?.removed, "was terminated: its file is gone")
    let terminated = loaded?.terminatedReasons ?? [:]
    tell(.workflowChanged, of: loaded?.changed) { name in
      guard let reason = terminated[name] else { return "was changed by its file" }
      return "was changed by its file, and is still terminated, \(reason.cause(limit: nil)). "
        + "Run tactusctl resume \(name) to have it plan again."
    }
    tell(.workflowCreated, of: loaded?.created, "was created, or is back, by its file")
  }

  /// Tells what will probably go wrong.
  func tell(warningsOf configuration: Configuration) {
    for warning in configuration.toldWarnings {
      tell(JournalEntry(.fileWarning, "\(warning)", fields: [.file: warning.file]))
    }
  }

  /// Workflows that are named one by one after files were read: the counts tell of all.
  private static let namedWorkflows = 100

  private func tell(_ kind: JournalMessage, of names: [WorkflowName]?, _ predicate: String) {
    tell(kind, of: names) { _ in predicate }
  }

  private func tell(_ kind: JournalMessage, of names: [WorkflowName]?, _ predicate: (WorkflowName) -> String) {
    for name in names?.prefix(Self.namedWorkflows) ?? [] {
      tell(JournalEntry(kind, "workflow \(name) \(predicate(name))", fields: [.workflow: name.text]))
    }
  }

  /// Tells how reading the files again ended.
  fileprivate func tell(reloadOf result: Result<Reload.Reply, LedgerFailure>, askedBy peer: Peer?) {
    let asked = peer.map { ", asked for by \($0.words)" } ?? ", asked for by a signal"
    switch result {
    case .success(let reply):
      let problems = reply.problems.isEmpty ? "" : ", \(reply.problems.count.counted("problem"))"
      tell(
        JournalEntry(
          .daemonReloaded,
          "reload\(asked): \((reply.workflows ?? 0).counted("workflow")) from files, \(reply.created.count) created, "
            + "\(reply.changed.count) changed, \(reply.removed.count) removed\(problems)", all: peer?.fields ?? []))
    case .failure(let failure):
      tell(
        JournalEntry(
          .reloadFailed, "reload\(asked): nothing was taken over: \(failure)",
          all: [(.reason, "\(failure)")] + (peer?.fields ?? [])))
    }
  }
}
