import TactusLinux
import TactusModel
import TactusProtocol

/// One client: what it has said and not been answered, and what it has not yet taken.
final class Connection {
  let descriptor: Int32
  let token: Poller.Token
  let peer: Peer
  /// Whether the peer may call anything.
  let isAdmitted: Bool

  var decoder = FrameDecoder()
  var outbox = Outbox()
  /// Calls under way, oldest first; only the first one's replies go out.
  var calls: [CallUnderWay] = []
  /// A call that was read and must wait for those under way, and what it counts.
  var held: (call: Call, weight: Int)?
  /// No more bytes come, or none are wanted.
  var isInputOver = false
  /// No further call is begun: what is under way is answered, then the connection is closed.
  var isClosing = false
  /// Nobody takes replies any more.
  var isGone = false
  /// When the message that has begun must have ended, or the last reply must have been taken.
  var deadline: MonotonicInstant?

  /// What of ``heldBytes`` the server's sum has.
  var accountedBytes = 0

  private var lastSerial: UInt64 = 0

  init(descriptor: Int32, token: Poller.Token, peer: Peer, isAdmitted: Bool) {
    self.descriptor = descriptor
    self.token = token
    self.peer = peer
    self.isAdmitted = isAdmitted
  }

  /// Whether there is nothing left to do for it.
  var isDone: Bool { isInputOver && calls.isEmpty && held == nil && (outbox.isEmpty || isGone) }

  /// The memory that it needs, in bytes; zero when nothing waits.
  var heldBytes: Int {
    unbegunBytes + outbox.capacity + calls.reduce(0) { $0 + $1.weight + $1.ready.capacity }
  }

  /// The part of ``heldBytes`` that no call under way needs.
  var unbegunBytes: Int { decoder.capacity + (held?.weight ?? 0) }

  /// Whether the call whose turn it is has sent part of a stream.
  var isStreaming: Bool { calls.first?.gone != nil || calls.first?.demand != nil }

  /// Whether bytes are wanted from it now.
  ///
  /// Behind a call under way, which may be a wait of days, the kernel keeps them, and the client finds that it cannot send.
  func wantsInput(_ limits: ServerLimits) -> Bool {
    !isInputOver && held == nil && outbox.count < limits.unsentBytes
      && (calls.isEmpty || decoder.count < limits.pipelinedBytes)
  }

  /// Whether some call may begin beside those under way: the next one is not even read before that.
  func mayBeginAny(_ limits: ServerLimits) -> Bool {
    guard let last = calls.last else { return true }
    return Operation.overlapping.contains(last.method) && calls.count < limits.overlappingCalls
  }

  /// Whether a call may begin beside those under way.
  func mayBegin(_ call: Call, _ limits: ServerLimits) -> Bool {
    mayBeginAny(limits) && (calls.last.map { $0.method == call.method } ?? true)
  }

  /// Whether time runs against the client: it has begun a message, or takes its last replies.
  func isDue(_ limits: ServerLimits) -> Bool {
    isInputOver ? calls.isEmpty && !outbox.isEmpty : wantsInput(limits) && decoder.needsMore()
  }

  /// Puts a call under way, and names it.
  func begin(_ call: Call, weight: Int) -> UInt64 {
    lastSerial += 1
    calls.append(CallUnderWay(serial: lastSerial, method: call.method, weight: weight))
    return lastSerial
  }

  /// Begins nothing further.
  func windUp() {
    isInputOver = true
    isClosing = true
    held = nil
    deadline = nil
  }

  /// Queues an error for a message that was no call, behind the replies that are due before it; nothing is read after it.
  func refuse(_ failure: CallFailure) {
    windUp()
    lastSerial += 1
    var refusal = CallUnderWay(serial: lastSerial, method: "", weight: 0)
    refusal.ready = Reply.message(failure, interface: Interface.daemon.rawValue)
    refusal.isAnswered = true
    calls.append(refusal)
    releaseReplies()
  }

  /// The other side has closed both ways: what it said is still done, what it would be told is dropped.
  func hangUp(_ poller: Poller) {
    isGone = true
    outbox.clear()
    poller.change(token, to: .none)
  }

  /// Those to tell that nobody listens any more; each once.
  func takeGone() -> [@Sendable () -> Void] {
    let bodies = calls.compactMap(\.gone)
    for index in calls.indices { calls[index].gone = nil }
    return bodies
  }

  /// The place of a call; nil if it is answered, because then a second answer came.
  func index(of serial: UInt64) -> Int? { calls.firstIndex { $0.serial == serial && !$0.isAnswered } }

  /// Moves what is ready and in turn to the outbox.
  func releaseReplies() {
    while let first = calls.first {
      if isGone { outbox.clear() } else { outbox.append(first.ready) }
      calls[0].ready = []
      guard first.isAnswered else { return }
      calls.removeFirst()
    }
  }

  /// The stream that waits for room, if there is room now or nobody to wait for.
  func takeDemand(_ limits: ServerLimits) -> (@Sendable (StreamDemand) -> Void)? {
    guard !calls.isEmpty, let demand = calls[0].demand, isGone || outbox.count < limits.streamBytes else { return nil }
    calls[0].demand = nil
    return demand
  }
}

/// A call that is not yet answered, or whose answer is not yet in turn.
struct CallUnderWay {
  /// What a call of a number of bytes counts until it is answered: its parameters as values, and who waits for what.
  static func weight(ofMessage bytes: Int) -> Int { 2 * bytes + 1024 }

  let serial: UInt64
  let method: String
  /// What is kept of the call until it is answered, in bytes.
  let weight: Int
  /// Replies that wait for their turn.
  var ready: [UInt8] = []
  var isAnswered = false
  /// Called when the client has taken most of what was sent.
  var demand: (@Sendable (StreamDemand) -> Void)?
  /// Called when the client has gone.
  var gone: (@Sendable () -> Void)?
}
