import Foundation
import Testing

@testable import TactusUnitFile

/// Compares the manual pages with the keys.
struct ManualPageTests {
  private static let pages: [(String, Vocabulary)] = [
    ("tactus.workflow.5", .workflow), ("tactus.queue.5", .queue), ("tactusd.conf.5", .daemon),
    ("tactus.provider.5", .provider),
  ]

  private func page(_ name: String) throws -> [Substring] {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return try String(contentsOf: root.appending(path: "man/\(name)"), encoding: .utf8).split(separator: "\n")
  }

  @Test("Every section of a file has its own heading, with an entry for each key", arguments: 0..<4)
  func keys(_ index: Int) throws {
    let (name, vocabulary) = Self.pages[index]
    let lines = try page(name)
    for section in vocabulary.sections {
      let part = lines.drop { $0 != ".SH [\(section.name.uppercased())] OPTIONS" }.dropFirst()
        .prefix { !$0.hasPrefix(".SH") }
      #expect(!part.isEmpty, "[\(section.name)]")
      let entries = zip(part, part.dropFirst()).filter {
        $0.0 == ".TP" && $0.1.hasPrefix(".BR ") && $0.1.hasSuffix(" =")
      }
      .map { String($0.1.dropFirst(4).dropLast(2)) }
      #expect(Set(entries) == section.keys, "[\(section.name)]")
      #expect(entries.count == section.keys.count, "[\(section.name)]")
    }
  }

  @Test("The page lists exactly the keys that are not supported yet", arguments: 0..<4)
  func later(_ index: Int) throws {
    let (name, vocabulary) = Self.pages[index]
    let part = try page(name).drop { $0 != ".SH NOT SUPPORTED YET" }.dropFirst().prefix { !$0.hasPrefix(".SH") }
    let listed = part.filter { $0.hasPrefix(".BR ") && $0.contains(" =") }
      .compactMap { $0.dropFirst(4).split(separator: " ").first.map(String.init) }
    #expect(Set(listed) == vocabulary.sections.reduce(into: []) { $0.formUnion($1.later) })
    for section in vocabulary.laterSections { #expect(part.contains { $0.contains("[\(section)]") }) }
  }
}
