public import TactusLinux
import TactusModel
public import TactusPorts
import TactusProtocol

/// The control socket: accepts connections, decodes messages, enforces limits, and passes calls to the handler.
///
/// Each connection has a small state, and all share one poller.
public actor ControlServer: QueueConfined {
  /// The queue of the control socket.
  public nonisolated let queue: any WorkQueue

  let dispatchQueue: DispatchWorkQueue
  let time: any TimeSource
  let alarms: any AlarmSource
  let handler: any CallHandler
  let limits: ServerLimits
  let admits: @Sendable (Peer) -> Bool
  let report: @Sendable (SystemError) -> Void

  var listening: Listening?
  var connections: [ConnectionID: Connection] = [:]
  /// The number of connections of each user.
  var connectionsOfUser: [UInt32: Int] = [:]
  /// The memory of the connections.
  var shares = BufferShares()
  /// Whether a task that frees memory is posted.
  var isShedding = false
  /// The connections with pending work, one user after another.
  var turns = RoundRobin<UInt32, ConnectionID>()
  /// Whether the next turn is posted.
  var isServing = false
  /// The connections that are not read before memory is free again.
  var restrained: Set<ConnectionID> = []
  var stopped: (@Sendable () -> Void)?
  private var alarmAt: MonotonicInstant?
  private var buffer = [UInt8](repeating: 0, count: 64 << 10)

  typealias ConnectionID = Poller.Token

  /// The state from start to stop.
  struct Listening {
    /// The file to unlink; nil if another process owns the file.
    let path: String?
    let poller: Poller
    let alarm: any MonotonicAlarm
    /// The listening socket; nil while the server is stopping.
    var socket: (descriptor: Int32, token: Poller.Token)?
    /// The time at which accepting is retried; nil while connections are accepted.
    var pausedUntil: MonotonicInstant?
    /// Whether the last attempt to accept failed.
    var isExhausted = false
    /// The time at which remaining connections are closed; nil before the stop.
    var stopsAt: MonotonicInstant?
  }

  /// Creates a server that does not listen yet.
  ///
  /// - Parameters:
  ///   - admits: whether a peer may make calls; runs on the server's queue.
  ///   - report: called once, on the server's queue, when accepting fails, and again only after it has worked.
  public init(
    on queue: DispatchWorkQueue, time: any TimeSource, alarms: any AlarmSource, handler: any CallHandler,
    limits: ServerLimits = ServerLimits(), admits: @escaping @Sendable (Peer) -> Bool,
    report: @escaping @Sendable (SystemError) -> Void = { _ in }
  ) {
    self.queue = queue
    dispatchQueue = queue
    self.time = time
    self.alarms = alarms
    self.handler = handler
    self.limits = limits
    self.admits = admits
    self.report = report
  }

  /// Listens at a path and accepts connections; replaces the socket of a dead daemon.
  ///
  /// Waits for the server's queue. Throws ``SystemError``; the server can then be started again.
  public nonisolated func start(at path: String, mode: UInt32 = 0o600) throws {
    let descriptor = try UnixSocket.listen(at: path, mode: mode)
    do { try prepare(on: descriptor, path: path) } catch {
      Descriptor.close(descriptor)
      throw error
    }
    open()
  }

  /// Prepares a listening socket, which can fail, but accepts no connections: clients wait until ``open()``.
  ///
  /// Waits for the server's queue. The server closes the socket and removes its file when it stops.
  ///
  /// Throws ``SystemError``; then the caller still owns the descriptor.
  ///
  /// - Parameter path: the file of the socket; nil if another process owns the file.
  public nonisolated func prepare(on descriptor: Int32, path: String?) throws {
    try call { server in Result { try server.serve(descriptor, path: path) } }.get()
  }

  /// Accepts waiting and new clients; called once, after ``prepare(on:path:)``.
  ///
  /// Waits for the server's queue.
  public nonisolated func open() { call { $0.beginAccepting() } }

  /// Returns the open socket and its file to the caller, for a start that fails before ``open()``.
  ///
  /// Waits for the server's queue.
  public nonisolated func withdraw() { call { $0.letGo() } }

  /// Stops listening, waits until the calls under way are answered and the replies read, and closes everything.
  ///
  /// Returns at once; `then` runs on the server's queue, at the latest after the grace period.
  public nonisolated func stop(within grace: Duration = .seconds(5), then: @escaping @Sendable () -> Void) {
    post { $0.end(within: grace, then: then) }
  }

  // MARK: Events

  func drain() {
    guard let poller = listening?.poller else { return }
    poller.drain { token, readiness in
      if token == listening?.socket?.token { return accept() }
      guard let connection = connections[token] else { return }
      if readiness.contains(.hangup) || readiness.contains(.error) { hangUp(connection, poller) }
      queueUp(connection)
    }
  }

  /// Reads a limited number of pieces, begins the calls that may begin, and sends as much as the socket accepts.
  ///
  /// A connection with more work waits for its next turn, after those of other users.
  func pump(_ connection: Connection) {
    guard let poller = listening?.poller else { return }
    var steps = 0
    repeat {
      while steps < limits.stepsInTurn, takeStep(connection) {
        steps += 1
        account(connection)
      }
    } while flush(connection, poller) && steps < limits.stepsInTurn
    if steps == limits.stepsInTurn { queueUp(connection) }
    guard !connection.isDone || restrained.contains(connection.token) else { return close(connection) }
    watch(connection, poller)
    account(connection)
    if let demand = connection.takeDemand(limits) { demand(connection.isGone ? .gone : .more) }
  }

  /// Begins a call or reads a piece; returns false if there is nothing to do now.
  private func takeStep(_ connection: Connection) -> Bool {
    if mayTakeMore(from: connection) { return beginNext(connection) || readPiece(connection) }
    // The changes of a client that has gone are still made, which frees the missing memory.
    return connection.isGone && beginNext(connection)
  }

  /// Begins the next complete call that may begin; returns false without such a call.
  private func beginNext(_ connection: Connection) -> Bool {
    guard connection.outbox.count < limits.unsentBytes, !connection.isClosing, connection.mayBeginAny(limits) else {
      return false
    }
    do {
      if connection.held == nil, let message = try connection.decoder.next() {
        connection.deadline = nil
        connection.held = (try Call(message: message), CallUnderWay.weight(ofMessage: message.count))
      }
      guard let (call, weight) = connection.held, connection.mayBegin(call, limits) else { return false }
      connection.held = nil
      // The answer to a query of a client that has gone would be lost. A change is still made.
      if connection.isGone, Methods.named[call.method]?.isChange != true { return true }
      begin(call, weight: weight, on: connection)
      return true
    } catch let malformed as MalformedMessage {
      connection.refuse(malformed.failure)
    } catch {
      connection.refuse(.invalid(field: "message", reason: "larger than \(FrameDecoder.messageLimit) bytes"))
    }
    return false
  }

  private func begin(_ call: Call, weight: Int, on connection: Connection) {
    let port = ReplyPort(
      server: self, connection: connection.token, serial: connection.begin(call, weight: weight),
      interface: call.interface, isOneway: call.isOneway)
    guard connection.isAdmitted else {
      return port.fail(.forbidden(action: "\(call.method): this daemon only serves its own user and root"))
    }
    handler.handle(call, from: connection.peer, reply: port)
  }

  /// Reads a piece; returns false if no bytes are wanted or available.
  private func readPiece(_ connection: Connection) -> Bool {
    guard connection.wantsInput(limits) else { return false }
    switch buffer.withUnsafeMutableBytes({ Descriptor.read(connection.descriptor, into: $0) }) {
    case .bytes(let count):
      connection.decoder.append(buffer[..<count])
      return true
    case .wouldBlock:
      // The server does not wait for a client that has gone. It only makes the calls that were sent.
      if connection.isGone { connection.isInputOver = true }
      return false
    case .end, .failed:
      connection.isInputOver = true
      // The client has the whole time limit again to read its last replies.
      connection.deadline = nil
      return false
    }
  }

  /// Sends as much as the socket accepts; returns whether this makes room for more calls.
  private func flush(_ connection: Connection, _ poller: Poller) -> Bool {
    guard !connection.isGone else { return false }
    let unsent = connection.outbox.count
    guard connection.outbox.flush(to: connection.descriptor) else {
      hangUp(connection, poller)
      return true
    }
    // A client that reads its last replies slowly has the whole time limit for each piece.
    if connection.isInputOver, connection.outbox.count < unsent { connection.deadline = nil }
    return unsent >= limits.unsentBytes && connection.outbox.count < limits.unsentBytes
  }

  private func watch(_ connection: Connection, _ poller: Poller) {
    if !connection.isDue(limits) {
      connection.deadline = nil
    } else if connection.deadline == nil {
      let deadline = time.monotonic + limits.requestTime
      connection.deadline = deadline
      armAlarm(deadline)
    }
    guard !connection.isGone else { return }
    // A hangup is always noticed, so that the place is free for other clients.
    var interest: Poller.Interest = .hangup
    if connection.wantsInput(limits) { interest.insert(.read) }
    if !connection.outbox.isEmpty { interest.insert(.write) }
    poller.change(connection.token, to: interest)
  }

  /// Handles a client that has gone, and notifies calls that would otherwise never end.
  private func hangUp(_ connection: Connection, _ poller: Poller) {
    connection.hangUp(poller)
    for body in connection.takeGone() { body() }
  }

  func close(_ connection: Connection) {
    guard connections.removeValue(forKey: connection.token) != nil else { return }
    restrained.remove(connection.token)
    shares.change(of: connection.peer.uid, by: -connection.accountedBytes)
    connectionsOfUser[connection.peer.uid, default: 1] -= 1
    if connectionsOfUser[connection.peer.uid] == 0 { connectionsOfUser[connection.peer.uid] = nil }
    listening?.poller.remove(connection.token)
    Descriptor.close(connection.descriptor)
    for call in connection.calls { call.demand?(.gone) }
    for body in connection.takeGone() { body() }
    resumeAccepting()
    finishStopping()
  }

  // MARK: Answers

  func send(
    _ lines: [UInt8], to id: ConnectionID, serial: UInt64, then: @escaping @Sendable (StreamDemand) -> Void
  ) {
    guard let connection = connections[id], let index = connection.index(of: serial) else { return then(.gone) }
    connection.calls[index].ready.append(contentsOf: lines)
    connection.calls[index].demand = then
    deliver(connection)
  }

  func watch(_ body: @escaping @Sendable () -> Void, of id: ConnectionID, serial: UInt64) {
    guard let connection = connections[id], let index = connection.index(of: serial), !connection.isGone else {
      return body()
    }
    connection.calls[index].gone = body
  }

  func finish(_ message: [UInt8], to id: ConnectionID, serial: UInt64) {
    guard let connection = connections[id] else { return }
    guard let index = connection.index(of: serial) else { fatalError("a call was answered twice") }
    connection.calls[index].ready.append(contentsOf: message)
    connection.calls[index].isAnswered = true
    deliver(connection)
  }

  /// Moves ready replies to the outbox, which is sent in the connection's turn.
  private func deliver(_ connection: Connection) {
    connection.releaseReplies()
    // Accounted at once: an answered call no longer needs its memory.
    account(connection)
    queueUp(connection)
  }

  // MARK: Deadlines

  /// Sets the alarm to an instant, unless it rings before.
  func armAlarm(_ instant: MonotonicInstant) {
    if let alarmAt, alarmAt <= instant { return }
    alarmAt = instant
    listening?.alarm.arm(at: instant)
  }

  func alarmRang() {
    alarmAt = nil
    let now = time.monotonic
    func isPast(_ deadline: MonotonicInstant?) -> Bool {
      guard let deadline else { return false }
      if deadline > now { armAlarm(deadline) }
      return deadline <= now
    }
    if isPast(listening?.pausedUntil) { resumeAccepting() }
    let isStopOver = isPast(listening?.stopsAt)
    for connection in connections.values {
      if isStopOver { close(connection) } else if isPast(connection.deadline) { expire(connection) }
    }
  }

  private func expire(_ connection: Connection) {
    guard !connection.isInputOver else { return close(connection) }
    connection.refuse(
      .invalid(field: "message", reason: "not complete within \(limits.requestTime.milliseconds / 1000) s"))
    pump(connection)
  }
}
