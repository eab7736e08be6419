/// The way of the replies to one call; used from any queue.
///
/// A call is answered exactly once, by ``answer(_:with:)`` or ``fail(_:)``. A stream sends lines before that. Replies
/// are encoded on the queue of the caller. Replies to a client that has gone, or that wants no reply, are dropped.
public protocol ReplyChannel: Sendable {
  /// The interface of the called method, whose name errors begin with.
  var interface: String { get }
  /// Whether the client wants no reply.
  var isOneway: Bool { get }

  /// Ends the call with its last message; nothing is sent if that is empty.
  func finish(_ message: [UInt8])

  /// Sends messages of a stream, in order, and calls `then` on any queue when more may be sent.
  ///
  /// `then` is called when the client has read most of them, so a stream of any length needs little memory. Nothing
  /// else may be sent before that. After `gone` the call still needs its answer.
  func send(_ messages: [UInt8], then: @escaping @Sendable (StreamDemand) -> Void)

  /// Calls a body once, on any queue, if the client goes before the call is answered.
  ///
  /// The call still needs its answer.
  func whenGone(_ body: @escaping @Sendable () -> Void)
}

/// The state of the client of a stream.
public enum StreamDemand: Hashable, Sendable {
  /// The client can read more.
  case more
  /// The client has gone, so no more lines need to be read.
  case gone
}

extension ReplyChannel {
  /// Answers the call; for a stream, sends the last reply.
  ///
  /// A reply above 1 MiB is replaced by `unavailable`, because clients do not accept it.
  public func answer<R: Request>(_ request: R, with reply: R.Reply) {
    guard !isOneway else { return finish([]) }
    let message = Reply.message(reply)
    guard message.count <= FrameDecoder.messageLimit else {
      return fail(.unavailable(reason: "the reply is larger than 1 MiB. Request less at once."))
    }
    finish(message)
  }

  /// Answers the call with an error.
  public func fail(_ failure: CallFailure) {
    finish(isOneway ? [] : Reply.message(failure, interface: interface))
  }

  /// Sends lines of a stream, as ``send(_:then:)`` does.
  public func send<R: Request>(
    _ lines: [R.Reply], to request: R, then: @escaping @Sendable (StreamDemand) -> Void
  ) {
    if !R.isStream { fatalError("\(R.method) answers once and cannot send lines") }
    send(isOneway ? [] : Reply.messages(lines), then: then)
  }
}
