import TactusLinux
import Testing

@Suite("Options of a command line")
struct OptionScannerTests {
  private let options = [
    OptionScanner.Option("quiet", letter: "q"), OptionScanner.Option("limit", letter: "n", takesValue: true),
    OptionScanner.Option("list"),
  ]

  private func scan(_ words: String...) throws -> (given: [String], operands: [String]) {
    let scanned = try OptionScanner.scan(words, options: options)
    return (scanned.given.map { options[$0.index].name + ($0.value.map { "=\($0)" } ?? "") }, scanned.operands)
  }

  @Test("Options may be before, between and after the operands")
  func anywhere() throws {
    let (given, operands) = try scan("-q", "a", "--limit=5", "b", "--list", "--limit", "6", "-n7", "-qn", "8")
    #expect(given == ["quiet", "limit=5", "list", "limit=6", "limit=7", "quiet", "limit=8"])
    #expect(operands == ["a", "b"])
  }

  @Test("A unique prefix is enough, and two dashes end the options")
  func beginnings() throws {
    #expect(try scan("--quie", "--lim=", "--", "--list", "-q") == (["quiet", "limit="], ["--list", "-q"]))
    #expect(try scan() == ([], []))
    #expect(try scan("-") == ([], ["-"]))
  }

  @Test("The first operand may end the options")
  func firstOperand() throws {
    let scanned = try OptionScanner.scan(["-n", "7", "a", "--list", "--no"], options: options, stopsAtOperand: true)
    #expect(scanned.given.map(\.index) == [1])
    #expect(scanned.operands == ["a", "--list", "--no"])
  }

  @Test("Each mistake names its word")
  func mistakes() {
    #expect(throws: OptionScanner.Mistake.unknown("--nothing")) { try scan("a", "--nothing") }
    #expect(throws: OptionScanner.Mistake.ambiguous("--li=5", ["limit", "list"])) { try scan("--li=5") }
    #expect(throws: OptionScanner.Mistake.unknown("-x")) { try scan("-x") }
    #expect(throws: OptionScanner.Mistake.unknown("-x")) { try scan("a", "-qxq", "b") }
    #expect(throws: OptionScanner.Mistake.unknown("-qéq")) { try scan("a", "-qéq", "b") }
    #expect(throws: OptionScanner.Mistake.withoutValue("--limit", name: "limit")) { try scan("--limit") }
    #expect(throws: OptionScanner.Mistake.withoutValue("--lim", name: "limit")) { try scan("--lim") }
    #expect(throws: OptionScanner.Mistake.withoutValue("-n", name: "limit")) { try scan("-qn") }
    #expect(throws: OptionScanner.Mistake.withValue("--quiet=1")) { try scan("--quiet=1") }
  }
}
