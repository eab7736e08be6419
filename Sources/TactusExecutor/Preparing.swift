internal import TactusModel
public import TactusPorts

/// Prepares the images of workflows before their jobs need them.
extension ExecutionWorker {
  /// Implements ``Execution``.
  public nonisolated func prepare(_ preparations: [Preparation]) {
    post { worker in
      for preparation in preparations where worker.preparing.insert(preparation.definition).inserted {
        worker.prepare(preparation)
      }
    }
  }

  private func prepare(_ preparation: Preparation) {
    switch definitions.definition(preparation.definition, preparation.text, of: preparation.name) {
    case .failure(let problem): prepared(preparation, .failed("its definition cannot be read: \(problem)"))
    case .success(let definition):
      runners[definition.work.kind]?.prepare(definition.work, for: preparation.name) { step in
        self.post { $0.prepared(preparation, step) }
      }
    }
  }

  private func prepared(_ preparation: Preparation, _ step: BuildStep) {
    ledger.recordBuild(preparation.definition, step, at: time.now) { _ in }
    switch step {
    case .started, .progress: return
    case .completed: break
    case .failed(let reason):
      journal.report(
        JournalEntry(
          .imageMissing,
          "the image of \(preparation.name) is not there yet, and each of its jobs will try again: \(reason)",
          fields: [.workflow: preparation.name.text]))
    }
    preparing.remove(preparation.definition)
  }

  /// Records a step of a job's own pull.
  func heard(build step: BuildStep, _ id: JobID) {
    guard let key = attempts[id]?.definition else { return }
    ledger.recordBuild(key, step, at: time.now) { _ in }
  }
}
