import Synchronization
import TactusLinux
import TactusModel
public import TactusPorts

/// Sends HTTP requests, thousands at once, on one queue with one libcurl multi handle.
///
/// Its queue is a leaf, so it waits for no other queue. The first request initializes libcurl, so that a daemon without
/// requests does not pay for it. The owner of an engine must close it. An idle engine never wakes up. The daemon must
/// ignore `SIGPIPE`, because libcurl is configured not to handle signals.
///
/// Source: docs of libcurl, `libcurl-multi(3)`, `curl_multi_socket_action(3)`.
public actor HTTPEngine: QueueConfined {
  private nonisolated let dispatchQueue: DispatchWorkQueue
  private let settings: Settings
  private let time: any TimeSource
  private let alarms: any AlarmSource
  private let lastID = Atomic<UInt64>(0)
  private var alarm: (any MonotonicAlarm)?
  private var multi: MultiHandle?
  private var transfers: [TransferID: Transfer] = [:]
  private var names = NameLookups()
  private var hosts = HostsFile()
  private var patience: LookupPatience?
  private var isClosed = false

  /// The settings for all requests of an engine.
  public struct Settings: Hashable, Sendable {
    /// The value of `User-Agent`: `tactus/1.2`.
    public var userAgent: String
    /// A PEM file with the trusted authorities; nil for those of the system.
    public var certificateAuthorities: String?
    /// The number of connections that are kept open for the next request to the same server.
    public var cachedConnections = 16

    /// Creates default settings.
    public init(userAgent: String) { self.userAgent = userAgent }
  }

  /// Creates an idle engine.
  ///
  /// - Parameter label: the label of its queue. Engines with different queues do not delay each other.
  public init(label: String = "tactus.http", settings: Settings, time: any TimeSource, alarms: any AlarmSource) {
    dispatchQueue = DispatchWorkQueue(label: label, level: .leaf)
    self.settings = settings
    self.time = time
    self.alarms = alarms
    // Created now, because at the first request there may be no descriptor left.
    post { $0.makeAlarms() }
  }

  /// The queue with the label of the engine, by default `tactus.http`.
  public nonisolated var queue: any WorkQueue { dispatchQueue }

  /// Sends a request and returns at once; the completion is called exactly once, on the engine's queue.
  ///
  /// - Returns: the id with which the request can be aborted.
  ///
  /// A receiver gets the body of a successful answer (2xx) piece by piece, on the engine's queue, instead of the
  /// completion. The first piece is empty, and arrives with the header. The limits of the body do not apply to a
  /// receiver.
  @discardableResult
  public nonisolated func start(
    _ request: HTTPRequest, receiver: HTTPReceiver? = nil, completion: @escaping HTTPCompletion
  ) -> TransferID {
    let id = TransferID(rawValue: lastID.add(1, ordering: .relaxed).newValue)
    post { $0.begin(id, request, receiver, completion) }
    return id
  }

  /// Pauses the reading of an answer, so that its server waits; at most one more piece arrives.
  public nonisolated func rest(_ id: TransferID) {
    post { $0.transfers[id]?.rest(true) }
  }

  /// Resumes the reading of an answer.
  public nonisolated func resume(_ id: TransferID) {
    post { engine in
      guard let transfer = engine.transfers[id], transfer.isResting else { return }
      transfer.rest(false)
      engine.advance { _ in transfer.exchange?.easy.unpause() }
    }
  }

  /// Reads all bytes that have arrived by now, and completes the requests that have ended; on the engine's queue.
  public func look() {
    guard !isClosed else { return }
    advance { $0.socketsReady() }
  }

  /// Ends a request with ``HTTPFailure/Cause/aborted``, unless it has already ended.
  public nonisolated func abort(_ id: TransferID) {
    post { $0.end(id, .aborted, "aborted") }
  }

  /// Aborts all requests and closes all connections; returns when the completions have run.
  ///
  /// Requests that are started afterwards fail at once.
  public nonisolated func close() {
    call { $0.shut() }
  }

  private func shut() {
    isClosed = true
    for id in transfers.keys { end(id, .aborted, "the HTTP engine was closed") }
    alarm?.arm(at: nil)
    patience?.close()
    multi = nil
  }

  private func begin(
    _ id: TransferID, _ request: HTTPRequest, _ receiver: HTTPReceiver?, _ completion: @escaping HTTPCompletion
  ) {
    guard !isClosed else {
      completion(.failure(HTTPFailure(.aborted, "the HTTP engine was closed")))
      return
    }
    let transfer = Transfer(id, request, begunAt: time.monotonic, receiver: receiver, completion: completion)
    transfers[id] = transfer
    proceed(transfer)
  }

  /// Sends the request of the hop after its name was looked up.
  private func proceed(_ transfer: Transfer) {
    guard let name = transfer.nameToLookUp else { return send(transfer, to: []) }
    if !transfer.request.startsAfresh, let known = names.recent(name, at: time.monotonic) {
      return send(transfer, to: known)
    }
    if let deadline = transfer.lookupDeadline { patience?.begin(transfer.id, until: deadline) }
    if names.ask(name, for: transfer.id, isLocal: { hosts.contains(name) }) { lookUp(name) }
  }

  private func lookUp(_ name: String) {
    let begunAt = time.monotonic
    do {
      try HostLookup.start(name) { [weak self] answer in
        self?.post { $0.lookedUp(name, answer, begunAt: begunAt) }
      }
    } catch {
      // Posted, because the end of a look-up starts the next one.
      post { $0.lookedUp(name, .shortage(error.code), begunAt: begunAt) }
    }
  }

  private func lookedUp(_ name: String, _ answer: HostLookup.Answer, begunAt: MonotonicInstant) {
    let now = time.monotonic
    var addresses: [String] = []
    if case .addresses(let found) = answer { addresses = found }
    let (askers, next) = names.ended(name, addresses: addresses, after: now - begunAt, at: now)
    if let next, !isClosed { lookUp(next) }
    for transfer in askers.compactMap({ transfers[$0] }) {
      patience?.end(transfer.id)
      switch answer {
      case .addresses(let found): send(transfer, to: found)
      case .failed(let words):
        fail(transfer, .nameLookup, "the name in \(transfer.hop.endpoint) was not resolved: \(words)")
      case .shortage(let code):
        fail(transfer, .local, "this host could not send the request: \(SystemError.words(for: code))")
      }
    }
  }

  private func send(_ transfer: Transfer, to addresses: [String]) {
    do {
      let multi = try openMulti()
      multi.add(try transfer.begin(with: addresses, settings: settings, at: time.monotonic))
    } catch let refusal as EasyHandle.Refusal {
      fail(transfer, .local, "libcurl cannot send the request: \(refusal)")
    } catch {
      fail(transfer, .local, "this host could not send the request: \(error)")
    }
  }

  private func end(_ id: TransferID, _ cause: HTTPFailure.Cause, _ sentence: String) {
    guard let transfer = transfers[id] else { return }
    guard transfer.exchange == nil, let name = transfer.nameToLookUp else { return fail(transfer, cause, sentence) }
    let standing = names.standing(of: name)
    names.withdraw(id, from: name)
    patience?.end(id)
    fail(transfer, cause, cause == .timeLimit ? "\(sentence): \(standing)" : sentence, standing: standing)
  }

  private func fail(
    _ transfer: Transfer, _ cause: HTTPFailure.Cause, _ sentence: String, standing: String? = nil
  ) {
    transfers[transfer.id] = nil
    let failure = transfer.failure(cause, sentence, standing: standing, at: time.monotonic)
    if let exchange = transfer.exchange { multi?.remove(exchange) }
    transfer.completion(.failure(failure))
  }

  private func makeAlarms() {
    alarm = alarms.monotonicAlarm(on: queue) { [weak self] in
      self?.assumeIsolated { $0.advance { $0.timePassed() } }
    }
    let patience = alarms.monotonicAlarm(on: queue) { [weak self] in
      self?.assumeIsolated { engine in
        for id in engine.patience?.due(at: engine.time.monotonic) ?? [] {
          engine.end(id, .timeLimit, "no complete answer in time")
        }
      }
    }
    self.patience = LookupPatience(alarm: patience)
  }

  private func openMulti() throws -> MultiHandle {
    if let multi { return multi }
    guard let alarm else { fatalError("the HTTP engine began a request before it was made") }
    let poller = try Poller(on: dispatchQueue) { [weak self] in
      self?.assumeIsolated { $0.advance { $0.socketsReady() } }
    }
    let multi = try MultiHandle(
      cachedConnections: settings.cachedConnections, poller: poller, alarm: alarm, time: time,
      visitSoon: { [weak self] in self?.post { $0.advance { $0.timePassed() } } })
    self.multi = multi
    return multi
  }

  /// Runs an action of libcurl, then completes the exchanges that have ended.
  private func advance(_ act: (MultiHandle) -> Void) {
    guard let multi else { return }
    act(multi)
    for (exchange, code) in multi.done() {
      guard let transfer = transfers[exchange.id], transfer.exchange === exchange else { continue }
      let turn = transfer.turn(after: exchange, code, at: time.monotonic)
      multi.remove(exchange)
      switch turn {
      case .follows: proceed(transfer)
      case .ended(let result):
        transfers[transfer.id] = nil
        transfer.completion(result)
      }
    }
  }
}

/// The id of a request in its engine; never reused.
public struct TransferID: Hashable, Sendable {
  let rawValue: UInt64
}

/// Gets the result of a request.
public typealias HTTPCompletion = @Sendable (Result<HTTPResponse, HTTPFailure>) -> Void

/// Gets the pieces of a body as they arrive.
public typealias HTTPReceiver = @Sendable ([UInt8]) -> Void
