import TactusHTTP
import TactusModel
import TactusPorts

/// One pull, for all attempts that wait for the same image of the same engine.
final class ImagePull {
  /// What is pulled where.
  struct Key: Hashable {
    let provider: ProviderName
    let image: ImageName
  }

  var waiting: [JobID]
  var transfer: TransferID?
  /// The line of the engine's progress that is not complete yet.
  private var line: [UInt8] = []
  /// What the engine said of a failure, in the middle of an answer of success.
  private(set) var failure: String?

  private static let lineBytes = 64 << 10

  init(for id: JobID) { waiting = [id] }

  /// Takes progress as it comes.
  func take(_ bytes: [UInt8]) {
    for byte in bytes {
      if byte == UInt8(ascii: "\n") { endLine() } else if line.count < Self.lineBytes { line.append(byte) }
    }
  }

  /// The last line may have no newline.
  func endLine() {
    if let error = EngineMessages.read(EngineMessages.Progress.self, from: line)?.error { failure = error }
    line = []
  }
}

extension ContainerRunner {
  func pull(for run: ContainerRun, _ container: Container) {
    run.isPulled = true
    let key = ImagePull.Key(provider: run.provider.provider.name, image: container.image)
    if let pull = pulls[key] { return pull.waiting.append(run.id) }
    let pull = ImagePull(for: run.id)
    pulls[key] = pull
    let image = container.image
    pull.transfer = run.provider.client.send(
      .post, "/images/create", query: [("fromImage", image.repository), ("tag", image.reference)],
      within: container.pullTimeout, receiver: { bytes in self.assumeIsolated { $0.pulls[key]?.take(bytes) } }
    ) { answer in self.assumeIsolated { $0.pulled(key, answer) } }
  }

  private func pulled(_ key: ImagePull.Key, _ answer: EngineClient.Answer) {
    guard let pull = pulls.removeValue(forKey: key) else { return }
    pull.endLine()
    for run in pull.waiting.compactMap({ live($0) }) {
      switch answer {
      case .success:
        // An engine tells of a failure in the middle of an answer that began well.
        if let failure = pull.failure { reject(run, EngineRefusal(status: 500, message: failure)) } else { create(run) }
      case .refused(let refusal): reject(run, refusal)
      case .unreached(let sentence): moveOn(run, sentence)
      case .unanswered(let sentence):
        refuse(run, "\(key.image) was not pulled: \(sentence)")
      }
    }
  }

  /// Leaves a pull, and ends it if nobody else waits for it.
  func stopWaitingForImage(_ run: ContainerRun) {
    for (key, pull) in pulls where pull.waiting.contains(run.id) {
      pull.waiting.removeAll { $0 == run.id }
      if pull.waiting.isEmpty {
        pulls[key] = nil
        if let transfer = pull.transfer { http.abort(transfer) }
      }
      end(run, .failed(.validationError, "given up while its image was pulled"))
    }
  }
}
