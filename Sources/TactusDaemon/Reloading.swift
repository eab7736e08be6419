internal import TactusLinux
internal import TactusModel
internal import TactusPorts
internal import TactusProtocol
internal import TactusRunners
internal import TactusScheduler
internal import TactusSystemd
internal import TactusUnitFile

/// Reads the files again: on a queue of its own, because a folder of ten thousand files takes a while.
struct Reloading: Sendable {
  let directory: String
  let files: DispatchWorkQueue
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
  let units: UnitRunner

  /// Whether there is a file of a workflow's name, good or bad.
  func hasFile(of name: WorkflowName, answer: @escaping @Sendable (Bool) -> Void) {
    files.post { answer(Files.mayExist("\(directory)/workflows/\(name).workflow")) }
  }

  func reload(answer: @escaping @Sendable (Result<Reload.Reply, LedgerFailure>) -> Void) {
    health.announce(.reloading(since: time.monotonic))
    files.post {
      authority.refresh()
      units.examine()
      var configuration = Configuration.read(directory)
      configuration.warnings += unappliedChanges(in: configuration)
      scheduling.load(configuration.definitions, present: configuration.present) { [configuration] result in
        health.announce(.ready)
        // Told in the log as well, if the store cannot take it.
        ledger.record(.daemonReloaded, at: time.now) { _ in }
        health.tell(configuration, try? result.get())  // a failure goes to whoever asked
        answer(result.map { Reload.Reply($0, configuration) })
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

extension Health {
  /// Tells what files said and what became of it, each thing once.
  func tell(_ configuration: Configuration, _ loaded: Loaded?) {
    var refused = configuration.problems.map {
      FileProblem(
        entry: JournalEntry(.error, "\($0); the file is ignored"),
        place: $0.line > 0 ? "\($0.file):\($0.line)" : $0.file)
    }
    for (name, reason) in (loaded?.refused ?? [:]).sorted(by: { $0.key < $1.key }) {
      refused.append(
        FileProblem(
          entry: JournalEntry(
            .error, "workflows/\(name).workflow is ignored: \(reason)", fields: ["TACTUS_WORKFLOW": name.text]),
          place: "workflows/\(name).workflow"))
    }
    tell(filesRefused: refused)
    for warning in configuration.warnings { tell(JournalEntry(.warning, "\(warning)")) }
    for name in loaded?.removed ?? [] {
      tell(
        JournalEntry(
          .notice, "workflow \(name) was terminated: its file is gone", fields: ["TACTUS_WORKFLOW": name.text]))
    }
    for name in loaded?.changed ?? [] {
      tell(JournalEntry(.info, "workflow \(name) was changed by its file", fields: ["TACTUS_WORKFLOW": name.text]))
    }
  }
}
