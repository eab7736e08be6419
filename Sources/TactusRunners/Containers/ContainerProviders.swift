import TactusHTTP
import TactusModel
import TactusPorts

/// Chooses providers for jobs, queues jobs that wait for one, and tracks the health of providers.
extension ContainerRunner {
  /// The result of a choice.
  enum Choice {
    case provider(EngineProvider)
    /// No suitable provider answers, for this reason.
    case down(String)
    /// The providers that answer are at their limit.
    case crowded
    /// No provider could ever run it, for this reason.
    case impossible(String)
  }

  /// Chooses the least loaded suitable provider.
  ///
  /// One that failed recently is used only if there is no other.
  func choose(for requires: Set<String>) -> Choice {
    let able = providers.filter { $0.has(requires) }
    guard !able.isEmpty else {
      return .impossible(
        providers.isEmpty
          ? "there is no container engine: no usual socket of podman or docker exists, and no provider is configured"
          : "no provider has the capabilities that it requires: \(requires.sorted().joined(separator: " "))")
    }
    let now = time.monotonic
    let up = able.filter { $0.isUp(at: now) }
    guard !up.isEmpty else {
      let reasons = able.map { $0.silence }
      return .down(reasons.prefix(3).joined(separator: ", "))
    }
    let free = up.filter { $0.room > 0 }
    let well = free.filter { $0.isWell(at: now) }
    let chosen = (well.isEmpty ? free : well).min { ($0.running, $0.provider.name) < ($1.running, $1.provider.name) }
    return chosen.map(Choice.provider) ?? .crowded
  }

  // MARK: Waiting

  func enterLine(_ order: RunOrder, _ events: @escaping @Sendable (RunnerEvent) -> Void) {
    guard case .container(let container) = order.work else { return }
    lines[container.requires, default: ProviderLine()].insert(ProviderLine.Member(order: order, events: events))
    offer()
    watch()
  }

  func leaveLine(_ id: JobID) {
    guard !lines.isEmpty else { return }
    for requires in lines.keys { lines[requires]?.remove(id) }
    lines = lines.filter { !$0.value.members.isEmpty }
  }

  /// Notifies waiting attempts of available room, as many as fit, or of the reason why there is no room.
  func offer() {
    for requires in lines.keys.sorted(by: { $0.sorted().lexicographicallyPrecedes($1.sorted()) }) {
      switch choose(for: requires) {
      case .provider:
        let now = time.monotonic
        let room = providers.filter { $0.has(requires) && $0.isUp(at: now) }.reduce(0) { $0 + max(0, $1.room) }
        let taken = lines[requires]?.take(room) ?? []
        for member in taken { member.events(.available) }
        // No room is left for the others.
        lines[requires]?.report(nil)
      case .down(let sentence): lines[requires]?.report(sentence)
      case .crowded: lines[requires]?.report(nil)
      case .impossible: break
      }
    }
    lines = lines.filter { !$0.value.members.isEmpty }
  }

  // MARK: How they are

  /// Notes that a provider answered.
  func well(_ provider: EngineProvider) {
    let wasDown = provider.isDown
    provider.succeeded()
    if provider.isToBeSwept { sweep(provider) }
    guard wasDown else { return }
    let name = provider.provider.name
    journal.report(JournalEntry(.providerUp, "provider \(name) answers again", fields: [.provider: name.text]))
    offer()
  }

  /// Notes that a provider did not answer.
  func down(_ provider: EngineProvider, _ sentence: String) {
    guard !isClosed else { return }
    if !provider.isDown {
      let name = provider.provider.name
      journal.report(
        JournalEntry(.providerDown, "provider \(name) does not answer: \(sentence)", fields: [.provider: name.text]))
    }
    provider.failed(sentence, isDown: true, at: time.monotonic)
    offer()
    watch()
  }

  func note(_ answer: EngineClient.Answer, of provider: EngineProvider) {
    switch answer {
    case .success: well(provider)
    case .refused(let refusal): provider.failed(refusal.sentence, isDown: false, at: time.monotonic)
    case .unreached(let sentence), .unanswered(let sentence): down(provider, sentence)
    }
  }

  /// Notes a removal.
  ///
  /// A failed one is repeated when the provider answers again, or after its next success.
  func removed(_ name: String, from provider: EngineProvider, _ answer: EngineClient.Answer) {
    switch answer {
    case .success: provider.unremoved.note(name, isRemoved: true)
    case .refused(let refusal):
      provider.unremoved.note(name, isRemoved: refusal.isNotFound)
      if !refusal.isNotFound { provider.isToBeSwept = true }
    case .unreached(let sentence), .unanswered(let sentence):
      provider.unremoved.note(name, isRemoved: false)
      provider.isToBeSwept = true
      provider.owesRemoval = true
      down(provider, sentence)
    }
  }

  /// Pings the providers that do not answer and that attempts wait for, as soon as their pause is over.
  func watch() {
    for provider in providers where isAwaited(provider) && !provider.isWatched {
      provider.isWatched = true
      let index = provider.index
      later(max(.zero, (provider.asideUntil ?? time.monotonic) - time.monotonic)) { runner in
        let provider = runner.providers[index]
        guard runner.isAwaited(provider) else {
          provider.isWatched = false
          return
        }
        runner.ping(provider) { runner, _ in
          runner.providers[index].isWatched = false
          runner.watch()
        }
      }
    }
  }

  /// Checks the health of a provider.
  ///
  /// Any other answer than an engine's counts as failure.
  ///
  /// `then` receives the reason for a failure.
  func ping(_ provider: EngineProvider, then: @escaping @Sendable (isolated ContainerRunner, String?) -> Void) {
    let index = provider.index
    provider.client.send(.get, "/_ping", within: .limited(.seconds(5)), bodyLimit: 4096) { answer in
      self.assumeIsolated { runner in
        let provider = runner.providers[index]
        var failure = answer.failure
        if case .success(let response) = answer, !response.body.starts(with: Array("OK".utf8)) {
          failure = "the listener is not a container engine: it does not answer a ping with OK"
        }
        if let failure { runner.down(provider, failure) } else { runner.well(provider) }
        then(runner, failure)
      }
    }
  }

  private func isAwaited(_ provider: EngineProvider) -> Bool {
    provider.isDown && (provider.owesRemoval || lines.keys.contains { provider.has($0) })
  }
}
