import TactusProtocol

/// Checks the properties of any bytes that a peer sends to the daemon or to a client.
///
/// The bytes are a stream of messages. Each message is read as a call and as a reply. The reply is read as a reply to
/// the last valid call, so that a call followed by its reply reaches the types of both.
public func checkFrames(_ bytes: [UInt8]) throws(Violation) {
  let framing = Framing(of: bytes, limit: FrameDecoder.messageLimit)
  try checkFraming(bytes)
  var conversation = Conversation()
  for message in framing.messages { try conversation.check(message) }
  // A message without an end is checked in the same way.
  try conversation.check(framing.rest)
  // Intentionally not for every input: a message of maximum size takes hundreds of times as long.
  if bytes.count.isMultiple(of: 512), let message = framing.messages.first { try checkLargest(message) }
}

/// The decoder splits the stream at its NULs, whatever the size of the pieces and the limit.
private func checkFraming(_ bytes: [UInt8]) throws(Violation) {
  let longest = Framing(of: bytes, limit: .max).messages.map(\.count).max() ?? bytes.count
  for limit in [FrameDecoder.messageLimit, longest, max(0, longest - 1)] {
    let expected = Framing(of: bytes, limit: limit)
    try hold(Framing(whole: bytes, limit: limit) == expected, "the frames are wrong at the limit \(limit)")
    try hold(Framing(inPieces: bytes, limit: limit) == expected, "pieces change the frames at the limit \(limit)")
  }
}

/// A message padded with blanks to the limit keeps its meaning, and one byte more is refused.
private func checkLargest(_ message: [UInt8]) throws(Violation) {
  let limit = FrameDecoder.messageLimit
  guard message.count <= limit else { return }
  let blanks = [UInt8](repeating: 0x20, count: limit - message.count)
  let largest = blanks + message
  try hold(Framing(whole: largest + [0], limit: limit).messages == [largest], "a message of the limit does not pass")
  let oversize = Framing(whole: [0x20] + largest + [0], limit: limit)
  try hold(oversize.messages.isEmpty && oversize.isOversize, "a message beyond the limit passes")
  // Two refusals are equal, even at different offsets.
  try hold((try? Call(message: largest)) == (try? Call(message: message)), "blanks before a call change it")
}

/// The messages decoded from a stream of bytes.
private struct Framing: Equatable {
  var messages: [[UInt8]] = []
  /// The beginning of a message that has not ended.
  var rest: [UInt8] = []
  var isOversize = false

  /// Computes the expected result without a decoder.
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

  /// Decodes the bytes in pieces whose lengths depend on their first bytes.
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
    // If the decoder contradicts itself about a begun message, the result must differ from the expected one.
    if !isOversize && decoder.isInsideMessage == rest.isEmpty { messages.append([]) }
  }
}
