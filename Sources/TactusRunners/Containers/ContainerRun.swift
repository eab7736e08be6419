import TactusHTTP
import TactusModel
import TactusPorts

/// One attempt of a container, from the choice of its provider to its removal.
final class ContainerRun {
  let id: JobID
  let events: @Sendable (RunnerEvent) -> Void
  /// What to run; nil for what an earlier daemon began.
  let order: RunOrder?
  /// Who is asked for it.
  var provider: EngineProvider
  var output: ContainerOutput
  /// What was found out for it.
  var environment: [String] = []

  /// Whether its image was pulled for it.
  var isPulled = false
  /// When it was asked to start; nil before.
  var startedAt: Instant?
  /// The same by the clock that nobody sets; nil if no daemon of this boot asked.
  var startedMonotonic: MonotonicInstant?
  /// The engine's id of the container.
  var containerID: String?
  /// Whether the container was started, as far as we know.
  var isStarted = false
  /// Whether it was told that the container was started.
  var isTold = false
  /// Whether the start is to be given up.
  var isCanceled = false
  /// Whether its end was told.
  var isOver = false
  /// The signal that it is to get; sent again when the engine was away.
  var signal: String?
  /// How often in a row the engine did not answer.
  var silences = 0
  /// Since when.
  var silentSince: MonotonicInstant?
  /// Whether the engine is being asked about it.
  var isExamined = false
  /// Whether it was told that the engine does not answer.
  var isUnverified = false
  /// Whether all of its log was read.
  var isComplete = false
  /// Whether its row said that it runs.
  var wasRunning = false
  /// The state it has ended in.
  var state: EngineMessages.Inspected.RunState?
  /// When that was noticed, on both clocks.
  var noticed: (at: Instant, monotonic: MonotonicInstant)?

  /// Tells of the end of the container.
  var wait: TransferID?
  /// When it is still to be looked at whether it has ended, after the look before; the next one last.
  var looks: [Duration] = [.milliseconds(60), .milliseconds(20)]
  /// How often a wait was over.
  var waits = 0
  /// The log that is being read.
  var log: TransferID?
  /// Whether that log is followed.
  var isFollowing = false
  /// Pieces of the followed log that are not yet trusted, oldest first.
  var held: [(at: MonotonicInstant, bytes: [UInt8])] = []
  var heldBytes: Int { held.reduce(0) { $0 + $1.bytes.count } }
  /// Whether the log rests until the sink has answered.
  var isResting = false
  /// Who wants to know what is left of it, and the providers that may have it besides its own.
  var inquiry: (answer: @Sendable (Found) -> Void, others: [EngineProvider])?
  /// The time-out of what an earlier daemon began.
  var timeout: Duration?

  init(
    _ id: JobID, order: RunOrder?, provider: EngineProvider, output: ContainerOutput,
    events: @escaping @Sendable (RunnerEvent) -> Void
  ) {
    (self.id, self.order, self.provider, self.output, self.events) = (id, order, provider, output, events)
  }

  /// The container's name.
  var name: String { "tactus-\(id)" }

  var container: Container? {
    guard case .container(let container) = order?.work else { return nil }
    return container
  }

  /// How long it ran; nil if nobody knows.
  var duration: Duration? {
    guard let state else { return nil }
    let isLocal = if case .unix = provider.client.endpoint { true } else { false }
    var duration = ContainerDuration(isLocal: isLocal)
    if let started = Instant(rfc3339: state.startedAt), let finished = Instant(rfc3339: state.finishedAt) {
      duration.told = finished - started
    }
    if let noticed, let startedMonotonic {
      duration.measured = noticed.monotonic - startedMonotonic
      duration.step = startedAt.map { (noticed.at - $0) - (noticed.monotonic - startedMonotonic) }
    }
    return duration.value
  }

  /// What no sentence of the engine may repeat: the name of the program alone is shown.
  var concealment: Concealment {
    let words = container.map { $0.entrypoint.isEmpty ? $0.arguments : $0.entrypoint + $0.arguments } ?? []
    return Concealment(
      variables: environment.filter { !$0.hasPrefix("TACTUS_") }, arguments: Array(words.dropFirst()))
  }

  /// How it ended.
  var ending: Ending {
    guard let state else { return .failed(.providerError, "the engine does not say how it ended") }
    guard state.exitCode != 0 else { return .succeeded }
    var sentence = "exited with code \(state.exitCode)"
    if state.oomKilled {
      sentence += ": the kernel killed it, because it used more memory than Memory= allows"
    } else if state.exitCode == 137, signal == nil, container?.memory != nil {
      sentence += ", which is SIGKILL: probably it used more memory than Memory= allows"
    }
    return .failed(.exitNonzero, sentence)
  }
}

/// A container engine that jobs are handed to, and how it is.
final class EngineProvider {
  let provider: Provider
  let client: EngineClient
  /// Its place among the runner's: what an answer carries back to the runner's queue, where this object stays.
  let index: Int
  /// Jobs that it has.
  var running = 0
  /// Failures in a row.
  var failures = 0
  /// Until when it is not asked for new jobs; nil if it is well.
  var asideUntil: MonotonicInstant?
  /// Whether it did not even answer.
  var isDown = false
  /// Whether it has answered as an engine since it last did not.
  var isProven = false
  /// Whether it is asked how it is as soon as `asideUntil` has passed.
  var isWatched = false
  /// Images that are still to be prepared, oldest first.
  var unprepared: [ImagePreparation] = []
  /// How many are being prepared.
  var preparing = 0
  /// Whether it may have containers of ours that no job owns; never before all claims of earlier daemons were asked for.
  var isToBeSwept = false
  /// Whether it certainly has some, so that it is worth waiting for it.
  var owesRemoval = false
  /// What went wrong the last time; nil if it is well.
  var lastError: String?

  init(_ provider: Provider, client: EngineClient, index: Int) {
    self.provider = provider
    self.client = client
    self.index = index
  }

  /// It answered.
  func succeeded() { (failures, asideUntil, isDown, isProven, lastError) = (0, nil, false, true, nil) }

  /// It did not answer, or not as it should: others are asked first, for a while.
  func failed(_ sentence: String, isDown: Bool, at now: MonotonicInstant) {
    failures += 1
    lastError = sentence
    self.isDown = isDown
    if isDown { isProven = false }
    asideUntil = now + min(Self.asideAtMost, .seconds(1 << Int64(min(failures, 6))))
  }

  private static let asideAtMost: Duration = .seconds(10)

  /// That it does not answer, for people.
  var silence: String { "provider \(provider.name) does not answer: \(lastError ?? "")" }

  /// Whether it has not failed lately.
  func isWell(at now: MonotonicInstant) -> Bool { asideUntil.map { $0 <= now } ?? true }

  /// Whether it may be handed a job: it answers, or may do so again.
  func isUp(at now: MonotonicInstant) -> Bool { !isDown || isWell(at: now) }

  /// Whether jobs that require something may run there.
  func has(_ capabilities: Set<String>) -> Bool { capabilities.isSubset(of: provider.capabilities) }

  /// How many more jobs it may be given.
  var room: Int { (provider.maxRunning ?? Self.unlimited) - running }

  /// More than any queue holds.
  private static let unlimited = 1_000_000_000

  /// How it is, for people.
  var report: ProviderReport {
    ProviderReport(
      provider: provider, state: asideUntil == nil ? .live : .aside, running: running, lastError: lastError)
  }
}
