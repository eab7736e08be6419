import TactusFuzzing
import Testing

@testable import TactusProtocol

/// Replays inputs that `make fuzz` found: each must have the properties that the fuzzer checks.
@Suite("Corpus of messages")
struct CorpusTests {
  @Test("Every input of the corpus has all properties")
  func replay() throws {
    let corpus = try Corpus("frames")
    #expect(corpus.inputs.count >= 50 && corpus.inputs.count <= 150)
    #expect(corpus.inputs.map(\.bytes.count).reduce(0, +) <= 300_000)
    for input in corpus.inputs {
      #expect(throws: Never.self, "\(input)") { try checkFrames(input.bytes) }
    }
  }

  @Test("The corpus has a call of every interface")
  func coverage() throws {
    let messages = try Corpus("frames").inputs.flatMap { $0.bytes.split(separator: 0) }
    // Most inputs are not calls, on purpose.
    let calls = messages.compactMap { try? Call(message: Array($0)) }
    // The same for calls that the daemon does not understand.
    #expect(calls.compactMap { try? Operation($0) }.count >= 30)
    let called = calls.map(\.interface)
    for interface in Interface.allCases { #expect(called.contains(interface.rawValue)) }
  }

  @Test("The largest accepted message, and one byte more, have all properties")
  func largest() throws {
    for count in [FrameDecoder.messageLimit, FrameDecoder.messageLimit + 1] {
      let call = Array(#"{"method":"io.tactus.Daemon.Describe"}"#.utf8)
      let blanks = [UInt8](repeating: UInt8(ascii: " "), count: count - call.count)
      #expect(throws: Never.self, "\(count) bytes") { try checkFrames(blanks + call + [0]) }
    }
  }
}
