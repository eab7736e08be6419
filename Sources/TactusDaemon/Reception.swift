internal import TactusControl
internal import TactusProtocol
internal import TactusTransport

/// Passes the calls of the socket to the API, as made by the principals that their peers are.
struct Reception: CallHandler {
  let authority: Authority
  let api: ControlAPI

  func handle(_ call: Call, from peer: Peer, reply: ReplyPort) {
    guard let principal = authority.principal(of: peer) else {
      return reply.fail(.forbidden(action: "\(call.method): this daemon serves its own user and root only"))
    }
    api.handle(call, from: principal, over: reply)
  }
}
