import TactusPorts
public import TactusProtocol

/// Sends the replies of a call to its client, on the server's queue.
public struct ReplyPort: ReplyChannel {
  let server: ControlServer
  let connection: ControlServer.ConnectionID
  let serial: UInt64
  /// The interface of the called method.
  public let interface: String
  /// Whether the client wants no reply.
  public let isOneway: Bool

  /// Ends the call with its last message; an empty one is not sent.
  public func finish(_ message: [UInt8]) {
    server.post { $0.finish(message, to: connection, serial: serial) }
  }

  /// Sends messages of a stream, and calls `then` on the server's queue when the client has read most of them.
  public func send(_ messages: [UInt8], then: @escaping @Sendable (StreamDemand) -> Void) {
    server.post { $0.send(messages, to: connection, serial: serial, then: then) }
  }

  /// Calls a body once, on the server's queue, if the client goes before the call is answered.
  public func whenGone(_ body: @escaping @Sendable () -> Void) {
    server.post { $0.watch(body, of: connection, serial: serial) }
  }
}
