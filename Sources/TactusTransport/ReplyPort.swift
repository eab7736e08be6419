import TactusPorts
public import TactusProtocol

/// The way back to the caller of one call; used from any queue.
///
/// A call is answered exactly once, by ``answer(_:with:)`` or ``fail(_:)``; a stream sends lines before that. Replies are
/// turned into bytes on the queue that answers, not on the server's. What is sent to a client that has gone, or that
/// wants no reply, is dropped.
public struct ReplyPort: Sendable {
  let server: ControlServer
  let connection: ControlServer.ConnectionID
  let serial: UInt64
  let interface: String
  let isOneway: Bool

  /// Answers the call; of a stream, this is the last reply.
  ///
  /// A reply over 1 MiB is answered as `unavailable` instead, because no client would take it.
  public func answer<R: Request>(_ request: R, with reply: R.Reply) {
    guard !isOneway else { return finish([]) }
    let message = Reply.message(reply)
    guard message.count <= FrameDecoder.messageLimit else {
      return fail(.unavailable(reason: "the reply is larger than 1 MiB; ask for less at once"))
    }
    finish(message)
  }

  /// Answers the call with an error.
  public func fail(_ failure: CallFailure) {
    finish(isOneway ? [] : Reply.message(failure, interface: interface))
  }

  /// Sends lines of a stream, in order, and tells on the server's queue when the next may be sent.
  ///
  /// The client's pace decides: `then` comes when most of what was sent has been taken, so a stream of any length needs
  /// little memory. Nothing else may be sent before it. After `gone` the call still wants its answer.
  public func send<R: Request>(
    _ lines: [R.Reply], to request: R, then: @escaping @Sendable (StreamDemand) -> Void
  ) {
    if !R.isStream { fatalError("\(R.method) answers once and cannot send lines") }
    let bytes = isOneway ? [] : Reply.messages(lines)
    server.post { $0.send(bytes, to: connection, serial: serial, then: then) }
  }

  /// Has something told once, on the server's queue, when the client has gone before the call was answered; the call still
  /// wants its answer.
  public func whenGone(_ body: @escaping @Sendable () -> Void) {
    server.post { $0.watch(body, of: connection, serial: serial) }
  }

  private func finish(_ message: [UInt8]) {
    server.post { $0.finish(message, to: connection, serial: serial) }
  }
}

/// How a stream goes on.
public enum StreamDemand: Hashable, Sendable {
  /// The client can take more.
  case more
  /// Nobody listens any more: nothing else needs to be read for it.
  case gone
}
