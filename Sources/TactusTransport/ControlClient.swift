import Glibc
import TactusLinux
public import TactusModel
public import TactusProtocol

/// The client side: a blocking connection, for one thread.
public final class ControlClient {
  /// The end of the wait for a reply; nil means never.
  public var deadline: MonotonicInstant?
  /// The time limit of a call with one reply; nil means no limit.
  public var patience: Duration?
  /// A descriptor that ends the wait for a reply when it is readable.
  public var interruption: Int32?
  private let path: String
  /// The descriptor, for callers that wait for several descriptors; see ``receiveWhatIsThere()``.
  public let descriptor: Int32
  private var decoder = FrameDecoder(limit: 2 * FrameDecoder.messageLimit)
  private var buffer = [UInt8](repeating: 0, count: 64 << 10)

  /// Connects to the daemon at a path.
  public init(path: String) throws(ControlError) {
    self.path = path
    do {
      descriptor = try UnixSocket.connect(to: path)
    } catch {
      switch error.code {
      case EACCES, EPERM: throw .refused(path: path)
      default: throw .unreachable(path: path, reason: SystemError.words(for: error.code))
      }
    }
  }

  deinit { Descriptor.close(descriptor) }

  /// Calls a method that returns one reply.
  public func call<R: Request>(_ request: R) throws(ControlError) -> R.Reply {
    try read(R.Reply.self, from: reply(to: request))
  }

  /// Calls a method and returns its only reply, or the last one of a stream, undecoded.
  public func reply<R: Request>(to request: R) throws(ControlError) -> Reply {
    try send(Call(request))
    guard !R.isStream, deadline == nil, let patience else { return try lastReply() }
    deadline = SystemTime().monotonic + patience
    defer { deadline = nil }
    do {
      return try lastReply()
    } catch .outOfTime {
      throw .lost(
        path: path,
        reason: "no answer within \(patience.milliseconds / 1000) s. Check whether the daemon or its disk is stalled.")
    }
  }

  private func lastReply() throws(ControlError) -> Reply {
    while true {
      let reply = try receive()
      if !reply.continues { return reply }
    }
  }

  /// Calls a method that returns a stream, and calls the body for every reply, undecoded and decoded.
  ///
  /// An error of the body ends the stream, and the connection is unusable after that.
  public func stream<R: Request>(_ request: R, _ body: (Reply, R.Reply) throws -> Void) throws {
    try send(Call(request))
    while true {
      let reply = try receive()
      try body(reply, read(R.Reply.self, from: reply))
      if !reply.continues { return }
    }
  }

  /// Sends a call; calls may be sent before earlier replies are received.
  public func send(_ call: Call) throws(ControlError) { try send(bytes: call.message) }

  /// Sends raw bytes.
  public func send(bytes: [UInt8]) throws(ControlError) {
    var sent = 0
    while sent < bytes.count {
      let transfer = bytes.withUnsafeBytes {
        Descriptor.send(descriptor, from: UnsafeRawBufferPointer(rebasing: $0[sent...]))
      }
      switch transfer {
      case .bytes(let count): sent += count
      // The daemon may have sent the reason before it closed the connection. That reply can still be received.
      case .end: return
      case .wouldBlock: continue
      case .failed(let code): throw .lost(path: path, reason: SystemError.words(for: code))
      }
    }
  }

  /// Closes the sending side; replies can still be received.
  public func finishSending() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

  /// Waits for the next reply.
  ///
  /// - Throws: ``ControlError/failed(_:)`` if it is an error.
  public func receive() throws(ControlError) -> Reply {
    do {
      while true {
        if let message = try decoder.next() {
          let reply = try Reply(message: message)
          if let failure = reply.failure { throw ControlError.failed(failure) }
          return reply
        }
        try fill()
      }
    } catch let error as ControlError {
      throw error
    } catch let malformed as MalformedMessage {
      throw .malformed(path: path, reason: malformed.reason)
    } catch {
      throw .malformed(path: path, reason: "a reply is too large")
    }
  }

  /// Reads once and returns the complete replies, including errors.
  ///
  /// Does not wait if the descriptor is readable.
  public func receiveWhatIsThere() throws(ControlError) -> [Reply] {
    try fill()
    var replies: [Reply] = []
    do {
      while let message = try decoder.next() { replies.append(try Reply(message: message)) }
    } catch let malformed as MalformedMessage {
      throw .malformed(path: path, reason: malformed.reason)
    } catch {
      throw .malformed(path: path, reason: "a reply is too large")
    }
    return replies
  }

  private func fill() throws(ControlError) {
    try waitForBytes()
    switch buffer.withUnsafeMutableBytes({ Descriptor.read(descriptor, into: $0) }) {
    case .bytes(let count): decoder.append(buffer[..<count])
    case .end: throw .lost(path: path, reason: "the daemon closed the connection")
    case .wouldBlock: return
    case .failed(let code): throw .lost(path: path, reason: SystemError.words(for: code))
    }
  }

  /// Waits if there is a deadline or an interruption; otherwise the read itself blocks.
  private func waitForBytes() throws(ControlError) {
    guard deadline != nil || interruption != nil else { return }
    let rest = deadline.map { max(.zero, $0 - SystemTime().monotonic) }
    let ready: Int32?
    do {
      ready = try DescriptorWait.first(toRead: [descriptor] + [interruption].compactMap(\.self), within: rest)
    } catch {
      throw .lost(path: path, reason: error.description)
    }
    guard let ready else { throw .outOfTime }
    if ready != descriptor { throw .interrupted }
  }

  private func read<Value: Decodable>(_ type: Value.Type, from reply: Reply) throws(ControlError) -> Value {
    do {
      return try reply.read(type)
    } catch {
      throw .malformed(path: path, reason: error.reason)
    }
  }
}
