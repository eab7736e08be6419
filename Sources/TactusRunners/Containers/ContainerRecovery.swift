import TactusHTTP
import TactusModel
import TactusPorts

/// Finds out what became of a container, after a silence of the engine or a start of the daemon.
extension ContainerRunner {
  func inquire(
    _ remnant: Remnant, _ events: @escaping @Sendable (RunnerEvent) -> Void,
    _ answer: @escaping @Sendable (Found) -> Void
  ) {
    guard runs[remnant.id] == nil else { fatalError("the container \(remnant.id) is to be recovered while it runs") }
    let named = remnant.facts?.provider
    let asked = named == nil ? providers : providers.filter { $0.provider.name == named }
    guard let first = asked.first else { return answer(.gone) }
    let run = ContainerRun(
      remnant.id, order: nil, provider: first, output: ContainerOutput(limit: 0, stored: [:], now: time.now),
      events: events)
    run.startedAt = remnant.facts?.at
    run.startedMonotonic = remnant.facts?.monotonic
    run.containerID = remnant.facts?.containerID
    run.wasRunning = remnant.status == .running
    run.inquiry = (answer, Array(asked.dropFirst()))
    first.running += 1
    runs[remnant.id] = run
    examine(run, after: "the daemon was started")
  }

  /// Asks the engine about the container until it answers.
  func examine(_ run: ContainerRun, after sentence: String) {
    let id = run.id
    run.isExamined = true
    let asked = time.monotonic
    run.provider.client.send(.get, "/containers/\(run.name)/json", within: .limited(Self.patienceToExamine)) { answer in
      self.assumeIsolated { runner in
        if let run = runner.live(id) {
          run.isExamined = false
          run.silentSince = run.silentSince ?? asked
        }
        runner.examined(id, after: sentence, answer)
      }
    }
  }

  /// Asks the engine whether a container whose time-out has passed has ended.
  func examineOverdue(_ id: JobID, _ answer: @escaping @Sendable () -> Void) {
    guard let run = live(id), run.state == nil else {
      if let run = live(id) { run.events(.exited) }
      return answer()
    }
    run.provider.client.send(
      .get, "/containers/\(run.name)/json", within: .limited(Self.patienceToExamine)
    ) { reply in
      self.assumeIsolated { runner in
        if let run = runner.live(id), run.state == nil, run.inquiry == nil, case .success(let response) = reply,
          let found = EngineMessages.read(EngineMessages.Inspected.self, from: response.body), found.hasStarted,
          !found.state.running
        {
          runner.ended(run, found.state)
        }
        answer()
      }
    }
  }

  /// Checks whether the engine still knows a running container.
  func check(_ run: ContainerRun) {
    guard run.isReported, run.state == nil, run.silences == 0, !run.isExamined else { return }
    examine(run, after: "the container was checked")
  }

  private func examined(_ id: JobID, after sentence: String, _ answer: EngineClient.Answer) {
    guard let run = live(id) else { return }
    switch answer {
    case .success(let response):
      guard let found = EngineMessages.read(EngineMessages.Inspected.self, from: response.body) else {
        return examineLater(run, "the engine's answer about the container is malformed", isDown: false)
      }
      answered(run)
      run.containerID = found.id
      examined(run, found)
    case .refused(let refusal) where refusal.isNotFound:
      answered(run)
      missing(run, after: sentence)
    case .refused(let refusal): examineLater(run, refusal.sentence, isDown: false)
    case .unreached(let sentence), .unanswered(let sentence): examineLater(run, sentence, isDown: true)
    }
  }

  /// Retries later.
  ///
  /// The attempt stays with its silent engine, because it may be running there.
  private func examineLater(_ run: ContainerRun, _ sentence: String, isDown: Bool) {
    if isDown {
      down(run.provider, sentence)
    } else {
      run.provider.failed(sentence, isDown: false, at: time.monotonic)
    }
    run.silences += 1
    let silentSince = run.silentSince ?? time.monotonic
    if !run.isUnverified, time.monotonic - silentSince >= Self.silenceToReport {
      run.isUnverified = true
      run.events(.silent("provider \(run.provider.provider.name): \(sentence)"))
    }
    let id = run.id
    later(.milliseconds(min(5000, 100 << Int64(min(run.silences, 6))))) { runner in
      if let run = runner.live(id) { runner.examine(run, after: sentence) }
    }
  }

  /// A restarted engine is away for a second or two, which is not worth a report.
  private static let silenceToReport: Duration = .seconds(3)
  private static let patienceToExamine: Duration = .seconds(10)

  private func answered(_ run: ContainerRun) {
    run.silences = 0
    run.silentSince = nil
    well(run.provider)
    guard run.isUnverified else { return }
    run.isUnverified = false
    run.events(.answered)
  }

  private func examined(_ run: ContainerRun, _ found: EngineMessages.Inspected) {
    guard found.hasStarted else { return neverStarted(run) }
    if run.inquiry != nil { return adopt(run, found) }
    guard found.state.running else {
      if !run.isReported { reportStart(run) }
      return ended(run, found.state)
    }
    attach(run)
  }

  /// Waits for the end of a running container.
  ///
  /// It may have ended before the wait began, so it is checked once more.
  private func attach(_ run: ContainerRun) {
    reportStart(run)
    readLog(run, follow: true)
    if let signal = run.signal { send(signal, to: run) }
    lookSoon(run)
    guard run.wait == nil else { return }
    waitForEnd(run) { [id = run.id] runner in runner.look(id) }
  }

  /// Checks whether a short container has ended.
  ///
  /// podman reports an end up to 250 ms late, but knows it at once.
  private func lookSoon(_ run: ContainerRun) {
    guard let pause = run.looks.popLast() else { return }
    later(pause) { [id = run.id] runner in
      guard let run = runner.live(id), run.state == nil else { return }
      runner.look(id)
      runner.lookSoon(run)
    }
  }

  private func look(_ id: JobID) {
    guard let run = live(id) else { return }
    run.provider.client.send(.get, "/containers/\(run.name)/json") { answer in
      self.assumeIsolated { runner in
        guard let run = runner.live(id), run.state == nil, case .success(let response) = answer,
          let found = EngineMessages.read(EngineMessages.Inspected.self, from: response.body), !found.state.running
        else { return }
        runner.ended(run, found.state)
      }
    }
  }

  private func neverStarted(_ run: ContainerRun) {
    guard let inquiry = run.inquiry else { return startContainer(run) }
    // Removed first, because the next attempt to start it uses the same name.
    run.inquiry = nil
    removeContainer(run.name, of: run.provider) { [id = run.id, answer = inquiry.answer] in
      self.assumeIsolated { runner in
        if let run = runner.runs[id] { runner.forget(run) }
        answer(.unstarted)
      }
    }
  }

  private func missing(_ run: ContainerRun, after sentence: String) {
    guard let inquiry = run.inquiry else {
      if run.isReported {
        return end(
          run, .failed(.providerError, "provider \(run.provider.provider.name) does not know its container any more"))
      }
      return refuse(run, sentence)
    }
    if let next = inquiry.others.first {
      run.provider.running -= 1
      run.provider = next
      next.running += 1
      run.inquiry = (inquiry.answer, Array(inquiry.others.dropFirst()))
      return examine(run, after: sentence)
    }
    run.inquiry = nil
    forget(run)
    inquiry.answer(run.wasRunning ? .gone : .unstarted)
  }

  /// Adopts a container that an earlier daemon started, and continues its output where it stopped.
  private func adopt(_ run: ContainerRun, _ found: EngineMessages.Inspected) {
    let id = run.id
    stored.extent(of: id) { result in
      self.post { runner in
        guard let run = runner.live(id), let inquiry = run.inquiry else { return }
        guard case .success(let extent) = result else {
          return runner.later(.seconds(1)) { runner in
            if let run = runner.live(id) { runner.examine(run, after: "the output cannot be read") }
          }
        }
        run.inquiry = nil
        let labels = found.config.labels ?? [:]
        let limit = labels[EngineMessages.Label.logLimit].flatMap { Int64($0) } ?? 0
        run.output = ContainerOutput(limit: limit, stored: extent, now: runner.time.now)
        run.timeout = labels[EngineMessages.Label.timeout].flatMap { Int64($0) }.map { .microseconds($0) }
        run.startedAt = run.startedAt ?? Instant(rfc3339: found.state.startedAt)
        run.isReported = true
        let facts = runner.facts(of: run)
        inquiry.answer(found.state.running ? .adopted(facts) : .ended(facts))
        runner.examined(run, found)
      }
    }
  }

  /// Removes this store's containers that belong to no attempt: their end is durable, or they never started.
  func sweep() {
    for provider in providers { sweep(provider) }
  }

  /// Removes the containers of one provider: first those whose removal failed, one after another, then those that it
  /// lists.
  func sweep(_ provider: EngineProvider) {
    provider.isToBeSwept = false
    let index = provider.index
    if let name = provider.unremoved.first {
      return removeContainer(name, of: provider) {
        self.assumeIsolated { runner in
          let provider = runner.providers[index]
          // If it failed again, the next success of the provider leads to the next attempt.
          if !provider.unremoved.contains(name) { runner.sweep(provider) }
        }
      }
    }
    let filter = "{\"label\":[\"\(EngineMessages.Label.store)=\(storeID)\"]}"
    provider.client.send(.get, "/containers/json", query: [("all", "1"), ("filters", filter)]) { answer in
      self.assumeIsolated { runner in
        let provider = runner.providers[index]
        guard case .success(let response) = answer else {
          provider.isToBeSwept = true
          // A refused list says nothing about jobs.
          if case .refused = answer { return }
          return runner.note(answer, of: provider)
        }
        provider.owesRemoval = false
        for container in EngineMessages.read([EngineMessages.Listed].self, from: response.body) ?? [] {
          let id = container.labels?[EngineMessages.Label.job].flatMap(JobID.init)
          if let id, runner.runs[id] != nil { continue }
          runner.removeContainer(container.id, of: provider)
        }
      }
    }
  }
}
