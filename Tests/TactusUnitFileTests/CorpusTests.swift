import TactusFuzzing
import TactusModel
import Testing

/// What `make fuzz` has found worth keeping, read again: each input holds the properties that the fuzzer checks.
@Suite("Corpus of unit files")
struct CorpusTests {
  @Test("Every input of the corpus holds all properties")
  func replay() throws {
    let corpus = try Corpus("unit-files")
    #expect(corpus.inputs.count >= 50 && corpus.inputs.count <= 150)
    #expect(corpus.inputs.map(\.bytes.count).reduce(0, +) <= 300_000)
    for input in corpus.inputs {
      #expect(throws: Never.self, "\(input)") { try checkUnitFiles(input.bytes) }
    }
  }

  @Test("Files of every kind that are read are in the corpus")
  func coverage() throws {
    // Most inputs are refused, and are there for that.
    let kinds = try Corpus("unit-files").inputs.compactMap { try? read($0.bytes).get().work.kind }
    for kind in Kind.allCases { #expect(kinds.contains(kind)) }
  }

  @Test("A file of the limit, and one beyond it, hold all properties")
  func largest() {
    let head = Array("[Command]\nExec=/bin/true ".utf8)
    for count in [Limits.unitFileBytes, Limits.unitFileBytes + 1] {
      let file = head + [UInt8](repeating: UInt8(ascii: "x"), count: count - head.count)
      #expect(throws: Never.self) { try checkUnitFiles(file) }
    }
  }
}
