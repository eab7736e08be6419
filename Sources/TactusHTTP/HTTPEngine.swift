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
  private nonisolated let dispatchQueue = DispatchWorkQueue(label: "tactus.http", level: .leaf)
  private let settings: Settings
  private let time: any TimeSource
  private let alarms: any AlarmSource
  private let lastID = Atomic<UInt64>(0)
  private var alarm: (any MonotonicAlarm)?
  private var multi: MultiHandle?
  private var transfers: [TransferID: Transfer] = [:]
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
  public init(settings: Settings, time: any TimeSource, alarms: any AlarmSource) {
    self.settings = settings
    self.time = time
    self.alarms = alarms
    // Now rather than with the first request, when there may be no descriptor left to make it with.
    post { $0.makeAlarm() }
  }

  /// `tactus.http`.
  public nonisolated var queue: any WorkQueue { dispatchQueue }

  /// Sends a request and returns at once; the completion comes exactly once, on the engine's queue.
  ///
  /// - Returns: the name by which the request can be aborted.
  @discardableResult
  public nonisolated func start(_ request: HTTPRequest, completion: @escaping HTTPCompletion) -> TransferID {
    let id = TransferID(rawValue: lastID.add(1, ordering: .relaxed).newValue)
    post { $0.begin(id, request, completion) }
    return id
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
    multi = nil
  }

  private func begin(_ id: TransferID, _ request: HTTPRequest, _ completion: @escaping HTTPCompletion) {
    guard !isClosed else {
      completion(.failure(HTTPFailure(.aborted, "the HTTP engine was closed")))
      return
    }
    do {
      let multi = try openMulti()
      let transfer = try Transfer(id, request, settings: settings, begunAt: time.monotonic, completion: completion)
      transfers[id] = transfer
      multi.add(transfer)
    } catch let refusal as EasyHandle.Refusal {
      completion(.failure(HTTPFailure(.local, "libcurl cannot send the request: \(refusal)")))
    } catch {
      completion(.failure(HTTPFailure(.local, "this host could not send the request: \(error)")))
    }
  }

  private func end(_ id: TransferID, _ cause: HTTPFailure.Cause, _ sentence: String) {
    guard let transfer = transfers.removeValue(forKey: id) else { return }
    let failure = transfer.failure(cause, after: time.monotonic - transfer.begunAt, sentence: sentence)
    multi?.remove(transfer)
    transfer.completion(.failure(failure))
  }

  private func makeAlarm() {
    alarm = alarms.monotonicAlarm(on: queue) { [weak self] in
      self?.assumeIsolated { $0.advance { $0.timePassed() } }
    }
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
    for (transfer, code) in multi.done() where transfers[transfer.id] === transfer {
      let result = transfer.result(code)
      multi.remove(transfer)
      transfers[transfer.id] = nil
      transfer.completion(result)
    }
  }
}

/// Names a request of an engine; never used twice.
public struct TransferID: Hashable, Sendable {
  let rawValue: UInt64
}

/// What a request came to.
public typealias HTTPCompletion = @Sendable (Result<HTTPResponse, HTTPFailure>) -> Void
