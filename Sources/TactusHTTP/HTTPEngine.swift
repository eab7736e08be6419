import Synchronization
import TactusLinux
import TactusModel
public import TactusPorts

/// Sends HTTP requests, thousands at once, on one queue with one libcurl multi handle.
///
/// Waits for nobody: its queue is a leaf. libcurl is initialised by the first request, so that a daemon without requests
/// does not carry it. Whoever makes an engine closes it. Idle, nothing wakes up. The daemon must ignore `SIGPIPE`, because libcurl is told to leave signals alone.
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

  /// What holds for every request of an engine.
  public struct Settings: Hashable, Sendable {
    /// `tactus/1.2`.
    public var userAgent: String
    /// A PEM file with the authorities to trust; nil takes the system's.
    public var certificateAuthorities: String?
    /// Connections that are kept open for the next request to the same server.
    public var cachedConnections = 16

    /// The defaults.
    public init(userAgent: String) { self.userAgent = userAgent }
  }

  /// Makes an engine that has not yet done anything.
  ///
  /// - Parameter label: of its queue; engines of different queues do not delay each other.
  public init(label: String = "tactus.http", settings: Settings, time: any TimeSource, alarms: any AlarmSource) {
    dispatchQueue = DispatchWorkQueue(label: label, level: .leaf)
    self.settings = settings
    self.time = time
    self.alarms = alarms
    // Now rather than with the first request, when there may be no descriptor left to make it with.
    post { $0.makeAlarms() }
  }

  /// `tactus.http`, or as it was labelled.
  public nonisolated var queue: any WorkQueue { dispatchQueue }

  /// Sends a request and returns at once; the completion comes exactly once, on the engine's queue.
  ///
  /// - Returns: the name by which the request can be aborted.
  ///
  /// A receiver is given the body of a successful answer (2xx) piece by piece, on the engine's queue, instead of the
  /// completion, after an empty piece when its header has come; limits of the body then do not apply.
  @discardableResult
  public nonisolated func start(
    _ request: HTTPRequest, receiver: HTTPReceiver? = nil, completion: @escaping HTTPCompletion
  ) -> TransferID {
    let id = TransferID(rawValue: lastID.add(1, ordering: .relaxed).newValue)
    post { $0.begin(id, request, receiver, completion) }
    return id
  }

  /// Reads no more of an answer for now, which lets its server wait; at most one more piece comes.
  public nonisolated func rest(_ id: TransferID) {
    post { $0.transfers[id]?.rest(true) }
  }

  /// Reads on.
  public nonisolated func resume(_ id: TransferID) {
    post { engine in
      guard let transfer = engine.transfers[id], transfer.isResting else { return }
      transfer.rest(false)
      engine.advance { _ in transfer.exchange?.easy.unpause() }
    }
  }

  /// Takes what has arrived for any request by now, and completes what that ends; on the engine's queue.
  public func look() {
    guard !isClosed else { return }
    advance { $0.socketsReady() }
  }

  /// Ends a request with ``HTTPFailure/Cause/aborted``; nothing if it has already ended.
  public nonisolated func abort(_ id: TransferID) {
    post { $0.end(id, .aborted, "aborted") }
  }

  /// Aborts what is on its way and closes all connections; returns when the completions have run.
  ///
  /// What is started afterwards fails at once.
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

  /// Sends the request of the hop, when its name is known.
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
      // Later rather than from here: the end of a look-up begins the next.
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

  /// Lets libcurl act, then completes what is done.
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

/// Names a request of an engine; never used twice.
public struct TransferID: Hashable, Sendable {
  let rawValue: UInt64
}

/// What a request came to.
public typealias HTTPCompletion = @Sendable (Result<HTTPResponse, HTTPFailure>) -> Void

/// What is given a body as it comes.
public typealias HTTPReceiver = @Sendable ([UInt8]) -> Void
