import Foundation
import TactusPorts
import Testing

/// Compares the lists of tactusd(8) with the kinds of messages and the fields.
struct MessagePageTests {
  private func entries(_ section: String, until end: String) throws -> [String] {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../man/tactusd.8")
    let text = try String(contentsOf: file.standardizedFileURL, encoding: .utf8)
    let begin = try #require(text.range(of: ".SS \(section)\n"))
    let rest = text[begin.upperBound...]
    let part = rest[..<(rest.range(of: end)?.lowerBound ?? rest.endIndex)]
    return part.split(separator: ".TP\n").compactMap { $0.split(separator: "\n").first.map(String.init) }
  }

  @Test("The page lists exactly the kinds of messages with their priorities, in order")
  func kinds() throws {
    #expect(
      try entries("Kinds", until: ".SS ") == JournalMessage.allCases.map { ".BR \($0.rawValue) \", \($0.priority)\"" })
  }

  @Test("The page lists exactly the fields")
  func fields() throws {
    #expect(try entries("Fields", until: ".SH ") == JournalField.allCases.map { ".B \($0.rawValue)" })
  }
}
