import Testing

@testable import TactusProtocol

@Suite("Framing")
struct FrameDecoderTests {
  private func texts(_ decoder: inout FrameDecoder) throws -> [String] {
    var texts: [String] = []
    while let message = try decoder.next() { texts.append(String(decoding: message, as: UTF8.self)) }
    return texts
  }

  @Test("A message in pieces of one byte is returned whole")
  func oneByteAtATime() throws {
    var decoder = FrameDecoder()
    for byte in "{\"a\":1}".utf8 {
      decoder.append([byte])
      #expect(try decoder.next() == nil)
    }
    #expect(decoder.isInsideMessage)
    decoder.append([0])
    #expect(try texts(&decoder) == ["{\"a\":1}"])
    #expect(!decoder.isInsideMessage)
  }

  @Test("A hundred messages in one piece are returned one by one, and the beginning of the next is kept")
  func pipelined() throws {
    var decoder = FrameDecoder()
    let messages = (0..<100).map { "message \($0)" }
    decoder.append(Array((messages.joined(separator: "\0") + "\0half").utf8))
    #expect(try texts(&decoder) == messages)
    #expect(decoder.count == 4)
    decoder.append(Array("\0".utf8))
    #expect(try texts(&decoder) == ["half"])
  }

  @Test("A message of the size limit is accepted, and a larger one is refused before its end is seen")
  func limit() throws {
    var decoder = FrameDecoder(limit: 8)
    decoder.append(Array("12345678".utf8))
    #expect(try decoder.next() == nil)
    decoder.append([0])
    #expect(try decoder.next()?.count == 8)
    decoder.append(Array("123456789".utf8))
    #expect(throws: FrameDecoder.Oversize(limit: 8)) { try decoder.next() }
  }

  @Test("A message over the limit is refused even if its end is in the same piece")
  func oversizeAtOnce() {
    var decoder = FrameDecoder(limit: 8)
    decoder.append(Array("123456789\0".utf8))
    #expect(throws: FrameDecoder.Oversize.self) { try decoder.next() }
  }

  @Test("Empty messages are accepted as messages")
  func empty() throws {
    var decoder = FrameDecoder()
    decoder.append([0, 0])
    #expect(try texts(&decoder) == ["", ""])
  }

  @Test("Ten thousand messages in pieces of every size keep their order")
  func manyPieces() throws {
    var generator = SystemRandomNumberGenerator()
    let messages = (0..<10_000).map { "m\($0)" }
    var bytes = Array((messages.joined(separator: "\0") + "\0").utf8)[...]
    var decoder = FrameDecoder()
    var seen: [String] = []
    while !bytes.isEmpty {
      let count = Int.random(in: 1...3000, using: &generator)
      decoder.append(bytes.prefix(count))
      bytes = bytes.dropFirst(count)
      seen += try texts(&decoder)
    }
    #expect(seen == messages)
  }
}
