import TactusLinux
import TactusModel
import TactusProtocol

/// The connection of a client: its unanswered calls, and the replies that it has not read yet.
final class Connection {
  let descriptor: Int32
  let token: Poller.Token
  let peer: Peer
  /// Whether the peer may make calls.
  let isAdmitted: Bool

  var decoder = FrameDecoder()
  var outbox = Outbox()
  /// The calls under way, oldest first; only replies of the first one are sent.
  var calls: [CallUnderWay] = []
  /// A call that waits for the calls under way, and the memory that it counts.
  var held: (call: Call, weight: Int)?
  /// Whether no more bytes are read, because the client has finished or is refused.
  var isInputOver = false
  /// Whether no further call is begun: the calls under way are answered, then the connection is closed.
  var isClosing = false
  /// Whether the client has gone, so that replies are dropped.
  var isGone = false
  /// Whether the connection waits for its turn.
  var isQueued = false
  /// The time by which the begun message must be complete, or the last reply must be read.
  var deadline: MonotonicInstant?

  /// The part of ``heldBytes`` that is included in the server's sum.
  var accountedBytes = 0

  private var lastSerial: UInt64 = 0

  init(descriptor: Int32, token: Poller.Token, peer: Peer, isAdmitted: Bool) {
    self.descriptor = descriptor
    self.token = token
    self.peer = peer
    self.isAdmitted = isAdmitted
  }

  /// Whether the connection is finished and can be closed.
  var isDone: Bool { isInputOver && calls.isEmpty && held == nil && (outbox.isEmpty || isGone) }

  /// Whether the client has gone and has left calls behind; changes among them are still made.
  var hasLeftCalls: Bool {
    isGone && (!calls.isEmpty || held != nil || (decoder.count > 0 && !decoder.needsMore()))
  }

  /// The memory of the connection, in bytes; zero while nothing is pending.
  var heldBytes: Int {
    unbegunBytes + outbox.capacity + calls.reduce(0) { $0 + $1.weight + $1.ready.capacity }
  }

  /// The part of ``heldBytes`` that does not belong to calls under way.
  var unbegunBytes: Int { decoder.capacity + (held?.weight ?? 0) }

  /// Whether the first call has sent a part of a stream.
  var isStreaming: Bool { calls.first?.gone != nil || calls.first?.demand != nil }

  /// Whether to read bytes from the client now.
  ///
  /// While a call is under way, which may take days, further bytes stay in the kernel, until the client can send no
  /// more.
  func wantsInput(_ limits: ServerLimits) -> Bool {
    !isInputOver && held == nil && outbox.count < limits.unsentBytes
      && (calls.isEmpty || decoder.count < limits.pipelinedBytes)
  }

  /// Whether another call may begin; otherwise the next message is not read.
  func mayBeginAny(_ limits: ServerLimits) -> Bool {
    guard let last = calls.last else { return true }
    return Methods.named[last.method]?.mayOverlap == true && calls.count < limits.overlappingCalls
  }

  /// Whether a call may begin while others are under way.
  func mayBegin(_ call: Call, _ limits: ServerLimits) -> Bool {
    mayBeginAny(limits) && (calls.last.map { $0.method == call.method } ?? true)
  }

  /// Whether the time limit runs: the client has begun a message, or reads its last replies.
  func isDue(_ limits: ServerLimits) -> Bool {
    isInputOver ? calls.isEmpty && !outbox.isEmpty : wantsInput(limits) && decoder.needsMore()
  }

  /// Begins a call, and returns its serial number.
  func begin(_ call: Call, weight: Int) -> UInt64 {
    lastSerial += 1
    calls.append(CallUnderWay(serial: lastSerial, method: call.method, weight: weight))
    return lastSerial
  }

  /// Reads and begins no further calls.
  func windUp() {
    isInputOver = true
    isClosing = true
    held = nil
    deadline = nil
  }

  /// Queues an error for a message that is not a call, after the replies before it; no more bytes are read.
  func refuse(_ failure: CallFailure) {
    windUp()
    lastSerial += 1
    var refusal = CallUnderWay(serial: lastSerial, method: "", weight: 0)
    refusal.ready = Reply.message(failure, interface: Interface.daemon.rawValue)
    refusal.isAnswered = true
    calls.append(refusal)
    releaseReplies()
  }

  /// Handles a client that has gone: its calls are still made, its replies are dropped.
  func hangUp(_ poller: Poller) {
    isGone = true
    outbox.clear()
    poller.change(token, to: .none)
  }

  /// Returns the callbacks for a client that has gone; each is called once.
  func takeGone() -> [@Sendable () -> Void] {
    let bodies = calls.compactMap(\.gone)
    for index in calls.indices { calls[index].gone = nil }
    return bodies
  }

  /// Returns the index of an unanswered call; nil if it was already answered.
  func index(of serial: UInt64) -> Int? { calls.firstIndex { $0.serial == serial && !$0.isAnswered } }

  /// Moves the ready replies of the first call to the outbox, then those of the next calls.
  func releaseReplies() {
    while let first = calls.first {
      if isGone { outbox.clear() } else { outbox.append(first.ready) }
      calls[0].ready = []
      guard first.isAnswered else { return }
      calls.removeFirst()
    }
  }

  /// Returns the callback of a stream that waits for room, if there is room, or if the client has gone.
  func takeDemand(_ limits: ServerLimits) -> (@Sendable (StreamDemand) -> Void)? {
    guard !calls.isEmpty, let demand = calls[0].demand, isGone || outbox.count < limits.streamBytes else { return nil }
    calls[0].demand = nil
    return demand
  }
}

/// A call that is not answered yet, or whose answer waits for earlier ones.
struct CallUnderWay {
  /// Returns the memory that a call of a number of bytes counts until it is answered.
  static func weight(ofMessage bytes: Int) -> Int { 2 * bytes + 1024 }

  let serial: UInt64
  let method: String
  /// The memory that the call counts until it is answered, in bytes.
  let weight: Int
  /// The replies that wait for their turn.
  var ready: [UInt8] = []
  var isAnswered = false
  /// Called when the client has read most of the sent lines.
  var demand: (@Sendable (StreamDemand) -> Void)?
  /// Called when the client has gone.
  var gone: (@Sendable () -> Void)?
}
