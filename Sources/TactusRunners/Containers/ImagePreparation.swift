import TactusHTTP
import TactusModel
import TactusPorts

/// Has an image ready before a job needs it, and says early that it will not be.
final class ImagePreparation: Sendable {
  let container: Container
  let workflow: WorkflowName
  let tell: @Sendable (BuildStep) -> Void

  init(_ container: Container, for workflow: WorkflowName, tell: @escaping @Sendable (BuildStep) -> Void) {
    (self.container, self.workflow, self.tell) = (container, workflow, tell)
  }
}

extension ContainerRunner {
  /// A reload with a hundred new images must not keep jobs from theirs.
  private static let preparationsAtOnce = 2

  func prepare(_ preparation: ImagePreparation) {
    unprepared.append(preparation)
    prepareNext()
  }

  private func prepareNext() {
    while preparing < Self.preparationsAtOnce, !unprepared.isEmpty {
      preparing += 1
      begin(unprepared.removeFirst())
    }
  }

  private func begin(_ preparation: ImagePreparation) {
    preparation.tell(.started)
    let provider: EngineProvider
    switch choose(for: preparation.container.requires) {
    case .provider(let chosen): provider = chosen
    case .crowded:
      // An image takes no place of a job.
      guard let busy = providers.first(where: { $0.has(preparation.container.requires) }) else {
        fatalError("no provider can take it, but one is crowded")
      }
      provider = busy
    case .down(let sentence), .impossible(let sentence): return finish(preparation, .failed(sentence))
    }
    guard preparation.container.pull != .always else { return pull(for: preparation, from: provider) }
    let index = providers.firstIndex { $0 === provider } ?? 0
    provider.client.send(.get, "/images/\(preparation.container.image)/json") { answer in
      self.assumeIsolated { $0.looked(preparation, on: $0.providers[index], answer) }
    }
  }

  private func looked(_ preparation: ImagePreparation, on provider: EngineProvider, _ answer: EngineClient.Answer) {
    switch answer {
    case .success:
      well(provider)
      finish(preparation, .completed)
    case .refused(let refusal) where refusal.isNotFound && preparation.container.pull == .missing:
      pull(for: preparation, from: provider)
    case .refused(let refusal): finish(preparation, .failed(refusal.sentence))
    case .unreached(let sentence), .unanswered(let sentence):
      down(provider, sentence)
      finish(preparation, .failed("provider \(provider.provider.name) does not answer: \(sentence)"))
    }
  }

  private func pull(for preparation: ImagePreparation, from provider: EngineProvider) {
    let pull = pull(preparation.container, from: provider)
    pull.listen(for: preparation.workflow) { step in if case .progress = step { preparation.tell(step) } }
    pull.preparations.append { step in self.assumeIsolated { $0.finish(preparation, step) } }
  }

  private func finish(_ preparation: ImagePreparation, _ step: BuildStep) {
    preparation.tell(step)
    preparing -= 1
    prepareNext()
  }
}
