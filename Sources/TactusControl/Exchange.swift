internal import TactusProtocol

/// One call: the request, the caller, and the way of its replies.
///
/// Any queue. It is answered exactly once, by ``answer(_:)`` or ``fail(_:)``. The socket's channel traps at a second
/// answer, as long as the connection exists. An answer is also needed if the client has left or wants no reply: the
/// channel drops it. The connection keeps its place and its memory until then.
struct Exchange<R: Request>: Sendable {
  /// The parameters; a long stream may hold a request without its lists, to free their memory.
  let request: R
  /// The caller, with the right that it had when the call arrived; a stream keeps this right to its end.
  let principal: Principal
  /// The way to the client, shared by all copies of this value.
  let channel: any ReplyChannel

  /// Creates the exchange of a call that is not answered yet; sends nothing.
  init(_ request: R, from principal: Principal, over channel: any ReplyChannel) {
    (self.request, self.principal, self.channel) = (request, principal, channel)
  }

  /// Answers the call; for a stream, sends the last reply.
  ///
  /// The reply is encoded on this queue. A reply above 1 MiB is replaced by `unavailable`.
  func answer(_ reply: R.Reply) { channel.answer(request, with: reply) }

  /// Answers the call with an error, which also ends a stream; lines that were sent before remain sent.
  func fail(_ failure: CallFailure) { channel.fail(failure) }

  /// Sends lines of a stream, in order; calls `then` when more may be sent.
  ///
  /// Only for methods that return a stream: for others it traps. The lines are encoded on this queue. An empty list
  /// sends nothing, and `then` is called all the same.
  ///
  /// - Parameter then: called once, on any queue, when the client has read most lines or has gone. Nothing else may be
  ///   sent before.
  func send(_ lines: [R.Reply], then: @escaping @Sendable (StreamDemand) -> Void) {
    channel.send(lines, to: request, then: then)
  }

  /// Calls a body once, on any queue, if the client goes before the call is answered.
  ///
  /// The call still needs its answer. The socket's channel also calls the body if the client has gone already. It keeps
  /// only the last body of a call.
  func whenGone(_ body: @escaping @Sendable () -> Void) { channel.whenGone(body) }
}
