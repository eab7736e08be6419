import TactusHTTP
import TactusModel
import TactusPorts

/// One pull, shared by all that wait for the same image on the same engine.
final class ImagePull {
  /// Identifies a pull: where and what.
  struct Key: Hashable {
    let provider: ProviderName
    let image: ImageName
  }

  /// The attempts that wait for it.
  var waiting: [JobID] = []
  /// The preparations that wait for it.
  var preparations: [@Sendable (BuildStep) -> Void] = []
  /// The receivers of progress, one for each workflow.
  private var listeners: [WorkflowName: @Sendable (BuildStep) -> Void] = [:]
  var transfer: TransferID?
  private var progress = PullProgress()
  /// When progress was last reported.
  private var reportedAt: MonotonicInstant?

  /// The failure that the engine reported in the middle of a successful answer.
  var failure: String? { progress.failure.map(Concealment.withoutSecretsOfURLs) }

  /// Whether nothing waits for it any more.
  var isUnwanted: Bool { waiting.isEmpty && preparations.isEmpty }

  func listen(for workflow: WorkflowName?, _ report: @escaping @Sendable (BuildStep) -> Void) {
    guard let workflow, listeners[workflow] == nil else { return }
    listeners[workflow] = report
    report(.started)
  }

  func report(_ step: BuildStep) {
    for (_, report) in listeners.sorted(by: { $0.key < $1.key }) { report(step) }
  }

  /// Takes progress as it arrives, and reports it at most once a second.
  func take(_ bytes: [UInt8], now: MonotonicInstant) {
    let before = progress.text
    progress.take(bytes)
    guard progress.text != before, let text = progress.text, reportedAt.map({ $0 + .seconds(1) <= now }) ?? true else {
      return
    }
    reportedAt = now
    report(.progress(text))
  }

  /// Takes the last line, which may lack a newline.
  func finish() { progress.endLine() }
}

extension ContainerRunner {
  func pull(for run: ContainerRun, _ container: Container) {
    run.isPulled = true
    let pull = pull(container, from: run.provider)
    pull.waiting.append(run.id)
    pull.listen(for: run.order?.workflow) { [events = run.events] step in events(.build(step)) }
  }

  /// The pull of an image from a provider: the current one, or a new one.
  func pull(_ container: Container, from provider: EngineProvider) -> ImagePull {
    let key = ImagePull.Key(provider: provider.provider.name, image: container.image)
    if let pull = pulls[key] { return pull }
    let pull = ImagePull()
    pulls[key] = pull
    let image = container.image
    pull.transfer = provider.client.send(
      .post, "/images/create", query: [("fromImage", image.repository), ("tag", image.reference)],
      within: .limited(container.pullTimeout),
      receiver: { bytes in self.assumeIsolated { $0.pulls[key]?.take(bytes, now: $0.time.monotonic) } }
    ) { answer in self.assumeIsolated { $0.pulled(key, answer) } }
    return pull
  }

  private func pulled(_ key: ImagePull.Key, _ answer: EngineClient.Answer) {
    guard let pull = pulls.removeValue(forKey: key) else { return }
    pull.finish()
    // An engine may report a failure in the middle of an answer that began successfully.
    let failure = answer.failure ?? pull.failure
    pull.report(failure.map { .failed($0) } ?? .completed)
    for report in pull.preparations { report(failure.map { .failed($0) } ?? .completed) }
    for run in pull.waiting.compactMap({ live($0) }) {
      switch answer {
      case .success:
        if let failure = pull.failure { reject(run, EngineRefusal(status: 500, message: failure)) } else { create(run) }
      case .refused(let refusal): reject(run, refusal)
      case .unreached(let sentence): moveOn(run, sentence)
      case .unanswered(let sentence):
        refuse(run, "\(key.image) was not pulled: \(sentence)")
      }
    }
  }

  /// Leaves a pull, and ends it if nothing else waits for it.
  func stopWaitingForImage(_ run: ContainerRun) {
    for (key, pull) in pulls where pull.waiting.contains(run.id) {
      pull.waiting.removeAll { $0 == run.id }
      if pull.isUnwanted {
        pulls[key] = nil
        if let transfer = pull.transfer { http.abort(transfer) }
        pull.report(.failed("given up, because its job was stopped"))
      }
      end(run, .failed(.validationError, "given up while its image was pulled"))
    }
  }
}
