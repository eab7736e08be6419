internal import TactusLinux
internal import TactusModel
internal import TactusProtocol

/// What those are told who called while a start was on its way that comes to nothing.
///
/// systemd hands over the socket with them in line, and as long as they are there, it starts the daemon again and again.
enum Turnaway {
  /// A client writes its call at once; whoever does not must not hold up the end.
  private static let patience: Duration = .seconds(1)
  /// In case they come faster than they go.
  private static let most = 200

  /// Answers each call that waits with `Unavailable`, and lets it go.
  static func tell(_ sentence: String, on listener: Int32) {
    let deadline = SystemTime().monotonic + patience
    for _ in 0..<most {
      // Nobody waits, or there is no descriptor for who does.
      guard let connection = (try? UnixSocket.accept(listener)) ?? nil else { return }
      defer { Descriptor.close(connection) }
      answer(sentence, on: connection, within: max(.zero, deadline - SystemTime().monotonic))
    }
  }

  private static func answer(_ sentence: String, on connection: Int32, within limit: Duration) {
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    // Who says nothing, or is gone, gets no answer.
    guard (try? DescriptorWait.first(toRead: [connection], within: limit)) == connection,
      case .bytes(let size) = buffer.withUnsafeMutableBytes({ Descriptor.read(connection, into: $0) })
    else { return }
    var frames = FrameDecoder()
    frames.append(buffer[..<size])
    // The interface is all that is of interest; a call that is too long for that gets a declared error, too.
    let call = ((try? frames.next()) ?? nil).flatMap { try? Call(message: $0) }
    let reply = Reply.message(.unavailable(reason: sentence), interface: call?.interface ?? "")
    _ = reply.withUnsafeBytes { Descriptor.send(connection, from: $0) }
  }
}
