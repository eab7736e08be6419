public import TactusLinux
import TactusModel
public import TactusPorts
import TactusProtocol

/// The control socket: accepts, frames, limits, and hands calls to whoever does them.
///
/// One small state for each connection; one poller for all of them.
public actor ControlServer: QueueConfined {
  /// The queue of the control socket.
  public nonisolated let queue: any WorkQueue

  let dispatchQueue: DispatchWorkQueue
  let time: any TimeSource
  let alarms: any AlarmSource
  let handler: any CallHandler
  let limits: ServerLimits
  let admits: @Sendable (Peer) -> Bool
  let tell: @Sendable (SystemError) -> Void

  var listening: Listening?
  var connections: [ConnectionID: Connection] = [:]
  /// How many of them each user has.
  var connectionsOfUser: [UInt32: Int] = [:]
  /// What they hold together.
  var shares = BufferShares()
  /// Whether room is about to be made.
  var isShedding = false
  /// Those of whom nothing is taken before there is room again.
  var restrained: Set<ConnectionID> = []
  var stopped: (@Sendable () -> Void)?
  private var alarmAt: MonotonicInstant?
  private var buffer = [UInt8](repeating: 0, count: 64 << 10)

  typealias ConnectionID = Poller.Token

  /// What exists from start to stop.
  struct Listening {
    /// The file to unlink; nil for a socket whose file is somebody else's.
    let path: String?
    let poller: Poller
    let alarm: any MonotonicAlarm
    /// Nil once the server is stopping.
    var socket: (descriptor: Int32, token: Poller.Token)?
    /// When accepting is tried again; nil while it goes on.
    var pausedUntil: MonotonicInstant?
    /// Whether the last try to accept found no room.
    var isExhausted = false
    /// When what is still open is closed; nil before the stop.
    var stopsAt: MonotonicInstant?
  }

  /// Makes a server that does not listen yet.
  /// - Parameters:
  ///   - admits: whether a peer may call anything at all; runs on the server's queue.
  ///   - tell: told once, on the server's queue, when connections can no longer be accepted, until one can again.
  public init(
    on queue: DispatchWorkQueue, time: any TimeSource, alarms: any AlarmSource, handler: any CallHandler,
    limits: ServerLimits = ServerLimits(), admits: @escaping @Sendable (Peer) -> Bool,
    tell: @escaping @Sendable (SystemError) -> Void = { _ in }
  ) {
    self.queue = queue
    dispatchQueue = queue
    self.time = time
    self.alarms = alarms
    self.handler = handler
    self.limits = limits
    self.admits = admits
    self.tell = tell
  }

  /// Begins to listen at a path, and to accept; a socket that a dead daemon left there is replaced.
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

  /// Does everything that can fail to serve a listening socket, and accepts nobody: clients wait in its line until ``open()``.
  ///
  /// Waits for the server's queue. The socket is closed with the server, and the file of a path is removed.
  ///
  /// Throws ``SystemError``; the descriptor stays the caller's then.
  /// - Parameter path: the file of the socket; nil if that is somebody else's to remove.
  public nonisolated func prepare(on descriptor: Int32, path: String?) throws {
    try call { server in Result { try server.serve(descriptor, path: path) } }.get()
  }

  /// Accepts the clients that wait and those that follow; once, after ``prepare(on:path:)``.
  ///
  /// Waits for the server's queue.
  public nonisolated func open() { call { $0.beginAccepting() } }

  /// Leaves the socket to the caller again, open and with its file: for a start that fails before ``open()``.
  ///
  /// Waits for the server's queue.
  public nonisolated func withdraw() { call { $0.letGo() } }

  /// Ends listening, lets the calls under way be answered and their replies be taken, and closes everything.
  ///
  /// Returns at once; `then` runs on the server's queue, at the latest when the grace is over.
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
      pump(connection)
    }
  }

  /// Takes in what came, begins what may begin, sends what can be sent: the one way from event to effect.
  func pump(_ connection: Connection) {
    guard let poller = listening?.poller else { return }
    repeat {
      while mayTakeMore(from: connection), beginNext(connection) || readPiece(connection) { account(connection) }
    } while flush(connection, poller)
    guard !connection.isDone || restrained.contains(connection.token) else { return close(connection) }
    watch(connection, poller)
    account(connection)
    if let demand = connection.takeDemand(limits) { demand(connection.isGone ? .gone : .more) }
  }

  /// Begins the next call that is complete and may begin; false if there is none.
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
      return port.fail(.forbidden(action: "\(call.method): this daemon serves its own user and root only"))
    }
    handler.handle(call, from: connection.peer, reply: port)
  }

  /// Reads a piece; false if nothing is wanted or nothing came.
  private func readPiece(_ connection: Connection) -> Bool {
    guard connection.wantsInput(limits) else { return false }
    switch buffer.withUnsafeMutableBytes({ Descriptor.read(connection.descriptor, into: $0) }) {
    case .bytes(let count):
      connection.decoder.append(buffer[..<count])
      return true
    case .wouldBlock:
      // Who takes no replies is not waited for: what it said before is done, and that is all.
      if connection.isGone { connection.isInputOver = true }
      return false
    case .end, .failed:
      connection.isInputOver = true
      return false
    }
  }

  /// Sends what the socket takes; whether calls may begin now that could not before.
  private func flush(_ connection: Connection, _ poller: Poller) -> Bool {
    guard !connection.isGone else { return false }
    let unsent = connection.outbox.count
    guard connection.outbox.flush(to: connection.descriptor) else {
      hangUp(connection, poller)
      return true
    }
    // A client that takes its last replies slowly has the whole time again for the next piece.
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
    // A client that has gone is noticed whatever it was waiting for: its place is for others.
    var interest: Poller.Interest = .hangup
    if connection.wantsInput(limits) { interest.insert(.read) }
    if !connection.outbox.isEmpty { interest.insert(.write) }
    poller.change(connection.token, to: interest)
  }

  /// Nobody takes replies any more: what would go on for ever is told so.
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
    connection.releaseReplies()
    pump(connection)
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
    connection.releaseReplies()
    pump(connection)
  }

  // MARK: Deadlines

  /// Makes sure that the alarm rings at an instant or before.
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
