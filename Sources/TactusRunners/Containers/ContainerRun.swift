import TactusHTTP
import TactusModel
import TactusPorts

/// One attempt of a container, from the choice of its provider to its removal.
final class ContainerRun {
  let id: JobID
  let events: @Sendable (RunnerEvent) -> Void
  /// The order; nil for a container of an earlier daemon.
  let order: RunOrder?
  /// The provider that runs it.
  var provider: EngineProvider
  var output: ContainerOutput
  /// The variables of its files, its definition and its order.
  var environment: [String] = []

  /// Whether its image was pulled for it.
  var isPulled = false
  /// When its start was requested; nil before that.
  var startedAt: Instant?
  /// The same by the monotonic clock; nil if no daemon of this boot requested the start.
  var startedMonotonic: MonotonicInstant?
  /// The engine's id of the container.
  var containerID: String?
  /// Whether the container was started, as far as known.
  var isStarted = false
  /// Whether its start was reported.
  var isReported = false
  /// Whether its start is to be abandoned.
  var isCanceled = false
  /// Whether its end was reported.
  var isOver = false
  /// The signal to send.
  ///
  /// It is sent again after the engine was away.
  var signal: String?
  /// How many times in a row the engine did not answer.
  var silences = 0
  /// When the silence began.
  var silentSince: MonotonicInstant?
  /// Whether the engine is being asked about it.
  var isExamined = false
  /// Whether the silence of the engine was reported.
  var isUnverified = false
  /// Whether its whole log was read.
  var isComplete = false
  /// Whether its row was RUNNING.
  var wasRunning = false
  /// The state in which it ended.
  var state: EngineMessages.Inspected.RunState?
  /// When its end was noticed, on both clocks.
  var noticed: (at: Instant, monotonic: MonotonicInstant)?

  /// The request that returns when the container ends.
  var wait: TransferID?
  /// Pauses before each further check for its end.
  ///
  /// The next one is last.
  var looks: [Duration] = [.milliseconds(60), .milliseconds(20)]
  /// How many waits have returned.
  var waits = 0
  /// The log that is being read.
  var log: TransferID?
  /// Whether that log is followed.
  var isFollowing = false
  /// Pieces of the followed log that are not yet accepted, oldest first.
  var held: [(at: MonotonicInstant, bytes: [UInt8])] = []
  var heldBytes: Int { held.reduce(0) { $0 + $1.bytes.count } }
  /// Whether reading the log is paused until the sink has answered.
  var isResting = false
  /// The caller that asks what is left of it, and the other providers that may have it.
  var inquiry: (answer: @Sendable (Found) -> Void, others: [EngineProvider])?
  /// The time-out of a container of an earlier daemon.
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

  /// How long it ran; nil if that is unknown.
  var duration: Duration? {
    guard let state else { return nil }
    let isLocal = if case .unix = provider.client.endpoint { true } else { false }
    var duration = ContainerDuration(isLocal: isLocal)
    if let started = Instant(rfc3339: state.startedAt), let finished = Instant(rfc3339: state.finishedAt) {
      duration.reported = finished - started
    }
    if let noticed, let startedMonotonic {
      duration.measured = noticed.monotonic - startedMonotonic
      duration.step = startedAt.map { (noticed.at - $0) - (noticed.monotonic - startedMonotonic) }
    }
    return duration.value
  }

  /// Words that no message of the engine may repeat.
  ///
  /// Only the name of the program is shown.
  var concealment: Concealment {
    let words = container.map { $0.entrypoint.isEmpty ? $0.arguments : $0.entrypoint + $0.arguments } ?? []
    return Concealment(
      variables: environment.filter { !$0.hasPrefix("TACTUS_") }, arguments: Array(words.dropFirst()))
  }

  /// How it ended.
  var ending: Ending {
    guard let state else { return .failed(.providerError, "the engine did not report how it ended") }
    guard state.exitCode != 0 else { return .succeeded }
    var sentence = "exited with code \(state.exitCode)"
    if state.oomKilled {
      sentence += ": the kernel killed it, because it used more memory than Memory= allows"
    } else if state.exitCode == 137, signal == nil, container?.memory != nil {
      sentence += " (SIGKILL), probably because it used more memory than Memory= allows"
    }
    return .failed(.exitNonzero, sentence)
  }
}

/// A container engine that jobs are handed to, with its health.
final class EngineProvider {
  let provider: Provider
  let client: EngineClient
  /// Its index among the runner's providers.
  ///
  /// Answers carry the index, because this object stays on the runner's queue.
  let index: Int
  /// How many jobs it has.
  var running = 0
  /// How many times in a row it failed.
  var failures = 0
  /// Until when it gets no new jobs; nil if it is healthy.
  var asideUntil: MonotonicInstant?
  /// Whether it did not answer at all.
  var isDown = false
  /// Whether it has answered as an engine since its last silence.
  var isProven = false
  /// Whether it is to be pinged as soon as `asideUntil` has passed.
  var isWatched = false
  /// Images that are still to be prepared, oldest first.
  var unprepared: [ImagePreparation] = []
  /// How many images are being prepared.
  var preparing = 0
  /// Whether it may have containers that no job owns.
  ///
  /// False until all claims of earlier daemons were looked up.
  var isToBeSwept = false
  /// The containers whose removal failed.
  var unremoved = UnremovedContainers()
  /// Whether it certainly has such containers, so that it is worth waiting for.
  var owesRemoval = false
  /// Its last failure; nil if it is healthy.
  var lastError: String?

  init(_ provider: Provider, client: EngineClient, index: Int) {
    self.provider = provider
    self.client = client
    self.index = index
  }

  /// Notes a success.
  func succeeded() { (failures, asideUntil, isDown, isProven, lastError) = (0, nil, false, true, nil) }

  /// Notes a failure.
  ///
  /// Other providers are preferred for a while.
  func failed(_ sentence: String, isDown: Bool, at now: MonotonicInstant) {
    failures += 1
    lastError = sentence
    self.isDown = isDown
    if isDown { isProven = false }
    asideUntil = now + min(Self.asideAtMost, .seconds(1 << Int64(min(failures, 6))))
  }

  private static let asideAtMost: Duration = .seconds(10)

  /// The message that it does not answer.
  var silence: String { "provider \(provider.name) does not answer: \(lastError ?? "")" }

  /// Whether it has not failed recently.
  func isWell(at now: MonotonicInstant) -> Bool { asideUntil.map { $0 <= now } ?? true }

  /// Whether it may get a job: it answers, or may answer again.
  func isUp(at now: MonotonicInstant) -> Bool { !isDown || isWell(at: now) }

  /// Whether it has the required capabilities.
  func has(_ capabilities: Set<String>) -> Bool { capabilities.isSubset(of: provider.capabilities) }

  /// How many more jobs it may get.
  var room: Int { (provider.maxRunning ?? Self.unlimited) - running }

  /// More jobs than any queue holds.
  private static let unlimited = 1_000_000_000

  /// Its health, for operators.
  var report: ProviderReport {
    ProviderReport(
      provider: provider, state: asideUntil == nil ? .live : .aside, running: running, lastError: lastError)
  }
}
