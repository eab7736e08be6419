import CCurl
import Glibc
import TactusLinux
import TactusModel
import TactusPorts

/// One `CURLM *`, with a poller that reports ready sockets and an alarm that reports expired times.
///
/// The corresponding C functions are `curl_multi_init`, `curl_multi_add_handle`, `curl_multi_remove_handle`,
/// `curl_multi_socket_action`, `curl_multi_info_read`, `curl_multi_cleanup`. libcurl calls back only from within these,
/// so everything here runs on the engine's queue.
final class MultiHandle {
  private let pointer: UnsafeMutableRawPointer
  private let poller: Poller
  private let alarm: any MonotonicAlarm
  private let time: any TimeSource
  private let visitSoon: () -> Void
  private var tokens: [curl_socket_t: Poller.Token] = [:]
  private var sockets: [Poller.Token: curl_socket_t] = [:]
  private var unwatched: [Exchange] = []
  private var isVisitComing = false

  /// Wraps a new handle.
  ///
  /// - Parameters:
  ///   - poller: watches the sockets; its owner calls ``socketsReady()``.
  ///   - alarm: its owner calls ``timePassed()``.
  ///   - visitSoon: asks the owner to call ``timePassed()`` as soon as libcurl has returned.
  init(
    cachedConnections: Int, poller: Poller, alarm: any MonotonicAlarm, time: any TimeSource,
    visitSoon: @escaping () -> Void
  ) throws(EasyHandle.Refusal) {
    // Intentionally never reverted: the daemon uses libcurl until it ends. Repeated calls are safe.
    let code = curl_global_init(Int(CURL_GLOBAL_DEFAULT))
    guard code == CURLE_OK, let pointer = curl_multi_init() else { throw EasyHandle.Refusal(code: CURLE_FAILED_INIT) }
    (self.pointer, self.poller, self.alarm, self.time) = (pointer, poller, alarm, time)
    self.visitSoon = visitSoon
    let context = Unmanaged.passUnretained(self).toOpaque()
    expect(tactus_multi_set_long(pointer, CURLMOPT_MAXCONNECTS, cachedConnections))
    expect(
      tactus_multi_set_socket(
        pointer,
        { easy, socket, change, context, _ in
          guard let context else { return 0 }
          Unmanaged<MultiHandle>.fromOpaque(context).takeUnretainedValue().watch(socket, change, for: easy)
          return 0
        }, context))
    expect(
      tactus_multi_set_timer(
        pointer,
        { _, milliseconds, context in
          guard let context else { return 0 }
          Unmanaged<MultiHandle>.fromOpaque(context).takeUnretainedValue().wake(in: milliseconds)
          return 0
        }, context))
  }

  /// The owner has already removed all exchanges.
  deinit {
    // This closes cached connections. They must not call back into this object.
    for token in tokens.values { poller.forget(token) }
    expect(tactus_multi_set_socket(pointer, nil, nil))
    expect(tactus_multi_set_timer(pointer, nil, nil))
    expect(curl_multi_cleanup(pointer))
  }

  /// Adds an exchange to libcurl; it begins at the next turn of the queue.
  func add(_ exchange: Exchange) { expect(curl_multi_add_handle(pointer, exchange.easy.pointer)) }

  /// Removes an exchange from libcurl, in any state.
  func remove(_ exchange: Exchange) { expect(curl_multi_remove_handle(pointer, exchange.easy.pointer)) }

  /// Lets libcurl read and write the sockets that are ready.
  func socketsReady() {
    poller.drain { token, readiness in
      // An earlier action may have ended the registration, and its number may already belong to another socket.
      guard let socket = sockets[token] else { return }
      var events: Int32 = 0
      if readiness.contains(.read) { events |= CURL_CSELECT_IN }
      if readiness.contains(.write) { events |= CURL_CSELECT_OUT }
      if readiness.contains(.error) { events |= CURL_CSELECT_ERR }
      // A hang-up is detected by reading, because an answer may precede the end.
      if readiness.contains(.hangup) { events |= CURL_CSELECT_IN }
      var running: Int32 = 0
      expect(curl_multi_socket_action(pointer, socket, events, &running))
    }
  }

  /// Lets libcurl handle its expired times.
  func timePassed() {
    isVisitComing = false
    var running: Int32 = 0
    expect(curl_multi_socket_action(pointer, CURL_SOCKET_TIMEOUT, 0, &running))
  }

  /// The exchanges that have ended, each once; the caller removes them.
  func done() -> [(exchange: Exchange, code: CURLcode)] {
    var found: [(Exchange, CURLcode)] = []
    var left: Int32 = 0
    while let message = curl_multi_info_read(pointer, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
        let exchange = Exchange.of(easy)
      else { continue }
      found.append((exchange, message.pointee.data.result))
    }
    let doomed = unwatched.filter { exchange in !found.contains { $0.0 === exchange } }
    unwatched = []
    found += doomed.map { ($0, CURLE_FAILED_INIT) }
    return found
  }

  private func watch(_ socket: curl_socket_t, _ change: Int32, for easy: UnsafeMutableRawPointer?) {
    guard change != CURL_POLL_REMOVE else {
      // libcurl calls this before it closes the socket, unless a transfer ends while it connects.
      guard let token = tokens.removeValue(forKey: socket) else { return }
      sockets[token] = nil
      poller.forget(token)
      return
    }
    var interest: Poller.Interest = []
    if change & CURL_POLL_IN != 0 { interest.insert(.read) }
    if change & CURL_POLL_OUT != 0 { interest.insert(.write) }
    if let token = tokens[socket] {
      poller.change(token, to: interest)
      return
    }
    do {
      let token = try poller.add(socket, for: interest)
      tokens[socket] = token
      sockets[token] = socket
    } catch {
      // A transfer with an unwatched socket would never end, and an error returned to libcurl would end all transfers.
      guard let exchange = easy.flatMap(Exchange.of) else { return }
      exchange.localErrno = error.code
      unwatched.append(exchange)
      askForVisit()
    }
  }

  private func wake(in milliseconds: Int) {
    switch milliseconds {
    case ..<0: alarm.arm(at: nil)
    case 0:
      // Not from here, because libcurl must not be called from its own callback.
      alarm.arm(at: nil)
      askForVisit()
    default:
      // libcurl truncates to milliseconds and does not ask again if it is called too early.
      alarm.arm(at: time.monotonic + .milliseconds(milliseconds + 1))
    }
  }

  /// Requests a visit.
  ///
  /// One visit serves all requests of one turn of the queue.
  private func askForVisit() {
    guard !isVisitComing else { return }
    isVisitComing = true
    visitSoon()
  }

  /// Ends the process after an error.
  ///
  /// The multi interface reports only misuse, or a lack of memory.
  private func expect(_ code: CURLMcode) {
    guard code == CURLM_OK else {
      fatalError("libcurl's multi interface failed: \(String(cString: curl_multi_strerror(code)))")
    }
  }
}
