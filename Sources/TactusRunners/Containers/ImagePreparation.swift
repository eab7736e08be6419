import TactusHTTP
import TactusModel
import TactusPorts

/// Prepares an image before a job needs it, and reports early if that fails.
struct ImagePreparation: Sendable {
  let container: Container
  let workflow: WorkflowName
  let report: @Sendable (BuildStep) -> Void

  init(_ container: Container, for workflow: WorkflowName, report: @escaping @Sendable (BuildStep) -> Void) {
    (self.container, self.workflow, self.report) = (container, workflow, report)
  }
}

extension ContainerRunner {
  /// The limit for each provider.
  ///
  /// A reload with a hundred new images must not delay jobs that need theirs.
  private static let preparationsAtOnce = 2
  /// The engine only checks its own image store.
  private static let patienceToLook: Duration = .seconds(10)

  func prepare(_ preparation: ImagePreparation) {
    switch choose(for: preparation.container.requires) {
    case .provider(let provider): enqueue(preparation, on: provider)
    case .crowded:
      // An image does not use a job's slot.
      guard let provider = providers.first(where: { $0.has(preparation.container.requires) }) else {
        fatalError("no provider can take it, but one is crowded")
      }
      enqueue(preparation, on: provider)
    case .down(let sentence), .impossible(let sentence):
      preparation.report(.started)
      preparation.report(.failed(sentence))
    }
  }

  private func enqueue(_ preparation: ImagePreparation, on provider: EngineProvider) {
    provider.unprepared.append(preparation)
    prepareNext(on: provider)
  }

  private func prepareNext(on provider: EngineProvider) {
    while provider.preparing < Self.preparationsAtOnce, !provider.unprepared.isEmpty {
      provider.preparing += 1
      begin(provider.unprepared.removeFirst(), on: provider)
    }
  }

  private func begin(_ preparation: ImagePreparation, on provider: EngineProvider) {
    preparation.report(.started)
    guard !provider.isDown else {
      // Not by finish(), which would begin the next one and recurse once for each preparation in the queue.
      preparation.report(.failed(provider.silence))
      provider.preparing -= 1
      return
    }
    guard preparation.container.pull != .always else { return pull(for: preparation, from: provider) }
    let index = provider.index
    provider.client.send(.get, "/images/\(preparation.container.image)/json", within: .limited(Self.patienceToLook)) {
      answer in
      self.assumeIsolated { $0.looked(preparation, on: $0.providers[index], answer) }
    }
  }

  private func looked(_ preparation: ImagePreparation, on provider: EngineProvider, _ answer: EngineClient.Answer) {
    switch answer {
    case .success:
      well(provider)
      finish(preparation, on: provider, .completed)
    case .refused(let refusal) where refusal.isNotFound && preparation.container.pull == .missing:
      pull(for: preparation, from: provider)
    case .refused(let refusal): finish(preparation, on: provider, .failed(refusal.sentence))
    case .unreached(let sentence), .unanswered(let sentence):
      down(provider, sentence)
      finish(preparation, on: provider, .failed(provider.silence))
    }
  }

  private func pull(for preparation: ImagePreparation, from provider: EngineProvider) {
    let pull = pull(preparation.container, from: provider)
    pull.listen(for: preparation.workflow) { step in if case .progress = step { preparation.report(step) } }
    let index = provider.index
    pull.preparations.append { step in
      self.assumeIsolated { $0.finish(preparation, on: $0.providers[index], step) }
    }
  }

  private func finish(_ preparation: ImagePreparation, on provider: EngineProvider, _ step: BuildStep) {
    guard !isClosed else { return }
    preparation.report(step)
    provider.preparing -= 1
    prepareNext(on: provider)
  }
}
