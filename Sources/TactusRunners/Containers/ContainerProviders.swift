import TactusHTTP
import TactusModel
import TactusPorts

/// Which provider a job goes to, who waits for one, and how they are.
extension ContainerRunner {
  /// Who may take an attempt.
  enum Choice {
    case provider(EngineProvider)
    /// None of those that could take it answers, for this reason.
    case down(String)
    /// Those that answer have as many jobs as they may.
    case crowded
    /// None could ever take it.
    case impossible(String)
  }

  /// The least loaded provider that has what is required; one that failed lately only if there is no other.
  func choose(for requires: Set<String>) -> Choice {
    let able = providers.filter { $0.has(requires) }
    guard !able.isEmpty else {
      return .impossible(
        providers.isEmpty
          ? "there is no container engine: none of the usual sockets of podman and docker is there, and no provider is configured"
          : "no provider has the capabilities that it requires: \(requires.sorted().joined(separator: " "))")
    }
    let now = time.monotonic
    let up = able.filter { $0.isUp(at: now) }
    guard !up.isEmpty else {
      let reasons = able.map { $0.silence }
      return .down(reasons.prefix(3).joined(separator: "; "))
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

  /// Tells those who wait that there is room, as many as there is room for, or why there is none.
  func offer() {
    for requires in lines.keys.sorted(by: { $0.sorted().lexicographicallyPrecedes($1.sorted()) }) {
      switch choose(for: requires) {
      case .provider:
        let now = time.monotonic
        let room = providers.filter { $0.has(requires) && $0.isUp(at: now) }.reduce(0) { $0 + max(0, $1.room) }
        let taken = lines[requires]?.take(room) ?? []
        for member in taken { member.events(.available) }
        // There is none for the rest.
        lines[requires]?.tell(nil)
      case .down(let sentence): lines[requires]?.tell(sentence)
      case .crowded: lines[requires]?.tell(nil)
      case .impossible: break
      }
    }
    lines = lines.filter { !$0.value.members.isEmpty }
  }

  // MARK: How they are

  /// It answered.
  func well(_ provider: EngineProvider) {
    let wasDown = provider.isDown
    provider.succeeded()
    if provider.isToBeSwept { sweep(provider) }
    guard wasDown else { return }
    let name = provider.provider.name
    journal.tell(JournalEntry(.providerUp, "provider \(name) answers again", fields: [.provider: name.text]))
    offer()
  }

  /// It did not answer.
  func down(_ provider: EngineProvider, _ sentence: String) {
    guard !isClosed else { return }
    if !provider.isDown {
      let name = provider.provider.name
      journal.tell(
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

  /// What could not be removed is looked for again: when it answers, which is waited for, or has next done something well.
  func removed(from provider: EngineProvider, _ answer: EngineClient.Answer) {
    switch answer {
    case .success: break
    case .refused(let refusal): if !refusal.isNotFound { provider.isToBeSwept = true }
    case .unreached(let sentence), .unanswered(let sentence):
      provider.isToBeSwept = true
      provider.owesRemoval = true
      down(provider, sentence)
    }
  }

  /// Has those providers asked how they are, as soon as it is worth it, that do not answer and that somebody waits for.
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

  /// Asks a provider how it is; what answers otherwise than an engine does is none.
  ///
  /// `then` gets why it is not well.
  func ping(_ provider: EngineProvider, then: @escaping @Sendable (isolated ContainerRunner, String?) -> Void) {
    let index = provider.index
    provider.client.send(.get, "/_ping", within: .limited(.seconds(5)), bodyLimit: 4096) { answer in
      self.assumeIsolated { runner in
        let provider = runner.providers[index]
        var failure = answer.failure
        if case .success(let response) = answer, !response.body.starts(with: Array("OK".utf8)) {
          failure = "what listens there is no container engine: it does not answer a ping with OK"
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
