internal import TactusLinux
internal import TactusModel
internal import TactusProtocol

/// Answers clients that called during a start that failed.
///
/// systemd passes on the socket with these clients in its queue. While they wait, it starts the daemon again and again.
enum Turnaway {
  /// The time for all answers.
  ///
  /// A client sends its call at once, and one that does not must not delay the end.
  private static let patience: Duration = .seconds(1)
  /// The largest number of answers, in case clients arrive faster than they are answered.
  private static let most = 200

  /// Answers each call that waits with `Unavailable`, and closes its connection.
  static func report(_ sentence: String, on listener: Int32) {
    let deadline = SystemTime().monotonic + patience
    for _ in 0..<most {
      // No client waits, or there is no descriptor for its connection.
      guard let connection = (try? UnixSocket.accept(listener)) ?? nil else { return }
      defer { Descriptor.close(connection) }
      answer(sentence, on: connection, within: max(.zero, deadline - SystemTime().monotonic))
    }
  }

  private static func answer(_ sentence: String, on connection: Int32, within limit: Duration) {
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    // A client that sends nothing, or is gone, gets no answer.
    guard (try? DescriptorWait.first(toRead: [connection], within: limit)) == connection,
      case .bytes(let size) = buffer.withUnsafeMutableBytes({ Descriptor.read(connection, into: $0) })
    else { return }
    var frames = FrameDecoder()
    frames.append(buffer[..<size])
    // Only the interface matters. A call that is too long to read also gets a declared error.
    let call = ((try? frames.next()) ?? nil).flatMap { try? Call(message: $0) }
    let reply = Reply.message(.unavailable(reason: sentence), interface: call?.interface ?? "")
    _ = reply.withUnsafeBytes { Descriptor.send(connection, from: $0) }
  }
}
