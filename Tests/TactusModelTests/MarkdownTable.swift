import Foundation
import Testing

/// A table of a document, which tests compare with the code.
struct MarkdownTable {
  /// The cells of the rows, without the header.
  let rows: [[String]]

  /// The rows as written in the page.
  var lines: [String] { rows.map { "| \($0.joined(separator: " | ")) |" } }

  /// The first column.
  var names: [String] { rows.compactMap(\.first) }

  /// Reads the first table under a heading of a page in docs/.
  init(_ heading: String, of page: String) throws {
    let text = try String(contentsOf: Self.repository.appending(path: "docs/\(page)"), encoding: .utf8)
    let section = text.split(separator: "\n", omittingEmptySubsequences: false).drop { $0 != "## \(heading)" }
    try #require(!section.isEmpty, "docs/\(page) has no heading \(heading)")
    let table = section.dropFirst().prefix { !$0.hasPrefix("## ") }.drop { $0.first != "|" }.prefix { $0.first == "|" }
    rows = table.dropFirst(2).map { line in
      line.dropFirst().dropLast().split(separator: " | ", omittingEmptySubsequences: false)
        .map { $0.trimmingCharacters(in: .whitespaces) }
    }
    try #require(!rows.isEmpty, "docs/\(page) has no table under \(heading)")
  }

  /// The root of the source tree.
  static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
}
