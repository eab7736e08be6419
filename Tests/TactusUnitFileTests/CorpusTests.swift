import TactusFuzzing
import TactusModel
import Testing

/// Replays inputs that `make fuzz` found: each must have the properties that the fuzzer checks.
@Suite("Corpus of unit files")
struct CorpusTests {
  @Test("Every input of the corpus has all properties")
  func replay() throws {
    let corpus = try Corpus("unit-files")
    #expect(corpus.inputs.count >= 50 && corpus.inputs.count <= 150)
    #expect(corpus.inputs.map(\.bytes.count).reduce(0, +) <= 300_000)
    for input in corpus.inputs {
      #expect(throws: Never.self, "\(input)") { try checkUnitFiles(input.bytes) }
    }
  }

  @Test("The corpus has valid files of every kind")
  func coverage() throws {
    // Most inputs are invalid on purpose.
    let kinds = try Corpus("unit-files").inputs.compactMap { try? read($0.bytes).get().work.kind }
    for kind in Kind.allCases { #expect(kinds.contains(kind)) }
  }

  @Test("A file of the size limit, and a larger one, have all properties")
  func largest() {
    let head = Array("[Command]\nExec=/bin/true ".utf8)
    for count in [Limits.unitFileBytes, Limits.unitFileBytes + 1] {
      let file = head + [UInt8](repeating: UInt8(ascii: "x"), count: count - head.count)
      #expect(throws: Never.self) { try checkUnitFiles(file) }
    }
  }
}
