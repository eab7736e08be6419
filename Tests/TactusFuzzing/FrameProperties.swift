import TactusProtocol

/// What must hold for any bytes that a peer sends, whoever reads them: the daemon or a client.
///
/// The bytes are a stream of messages. Each is read as a call and as a reply; the reply is read as that of the last call that was
/// understood, so that a call and its reply, one after the other, reach the types of both.
public func checkFrames(_ bytes: [UInt8]) throws(Violation) {
  let framing = Framing(of: bytes, limit: FrameDecoder.messageLimit)
  try checkFraming(bytes)
  var conversation = Conversation()
  for message in framing.messages { try conversation.check(message) }
  // A message whose end never comes is read as well: its content is judged the same.
  try conversation.check(framing.rest)
  // Intentionally not every input: a message as large as it may be takes hundreds of times as long.
  if bytes.count.isMultiple(of: 512), let message = framing.messages.first { try checkLargest(message) }
}

/// The decoder cuts where the NULs are, in pieces of any size, and at any limit.
private func checkFraming(_ bytes: [UInt8]) throws(Violation) {
  let longest = Framing(of: bytes, limit: .max).messages.map(\.count).max() ?? bytes.count
  for limit in [FrameDecoder.messageLimit, longest, max(0, longest - 1)] {
    let expected = Framing(of: bytes, limit: limit)
    try hold(Framing(whole: bytes, limit: limit) == expected, "the frames are wrong at the limit \(limit)")
    try hold(Framing(inPieces: bytes, limit: limit) == expected, "pieces change the frames at the limit \(limit)")
  }
}

/// A message of exactly the limit means what it means without the blanks that make it so long; one byte more is refused.
private func checkLargest(_ message: [UInt8]) throws(Violation) {
  let limit = FrameDecoder.messageLimit
  guard message.count <= limit else { return }
  let blanks = [UInt8](repeating: 0x20, count: limit - message.count)
  let largest = blanks + message
  try hold(Framing(whole: largest + [0], limit: limit).messages == [largest], "a message of the limit does not pass")
  let oversize = Framing(whole: [0x20] + largest + [0], limit: limit)
  try hold(oversize.messages.isEmpty && oversize.isOversize, "a message beyond the limit passes")
  // Refused is refused, at whatever place.
  try hold((try? Call(message: largest)) == (try? Call(message: message)), "blanks before a call change it")
}

/// What a stream of bytes comes out as.
private struct Framing: Equatable {
  var messages: [[UInt8]] = []
  /// What is there of a message that has not ended.
  var rest: [UInt8] = []
  var isOversize = false

  /// Worked out without a decoder.
  init(of bytes: [UInt8], limit: Int) {
    var parts = bytes.split(separator: 0, omittingEmptySubsequences: false).map(Array.init)
    let last = parts.popLast() ?? []
    messages = Array(parts.prefix { $0.count <= limit })
    isOversize = messages.count < parts.count || last.count > limit
    rest = isOversize ? [] : last
  }

  init(whole bytes: [UInt8], limit: Int) {
    var decoder = FrameDecoder(limit: limit)
    _ = take(bytes[...], &decoder)
    finish(decoder, bytes)
  }

  /// Each piece is as long as its first byte says.
  init(inPieces bytes: [UInt8], limit: Int) {
    var decoder = FrameDecoder(limit: limit)
    var left = bytes[...]
    while let first = left.first {
      let piece = left.prefix(1 + Int(first) % 61)
      left = left.dropFirst(piece.count)
      guard take(piece, &decoder) else { break }
    }
    finish(decoder, bytes)
  }

  private mutating func take(_ piece: ArraySlice<UInt8>, _ decoder: inout FrameDecoder) -> Bool {
    decoder.append(piece)
    do throws(FrameDecoder.Oversize) {
      while let message = try decoder.next() { messages.append(message) }
    } catch {
      isOversize = true
    }
    return !isOversize
  }

  private mutating func finish(_ decoder: FrameDecoder, _ bytes: [UInt8]) {
    rest = isOversize ? [] : Array(bytes.suffix(decoder.count))
    // Bytes that are told to be held, and a message told not to have begun, must not agree with what is expected.
    if !isOversize && decoder.isInsideMessage == rest.isEmpty { messages.append([]) }
  }
}
