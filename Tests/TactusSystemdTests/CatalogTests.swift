import Foundation
import TactusPorts
import TactusTestSupport
import Testing

/// Compares systemd/tactus.catalog with the kinds of messages.
struct CatalogTests {
  private static let file = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../systemd/tactus.catalog").standardizedFileURL

  private struct Entry {
    let headers: [String: String]
    let text: String
  }

  /// Returns the entries by id, parsed like the journal does.
  private func entries() throws -> [(id: String, entry: Entry)] {
    let text = try String(contentsOf: Self.file, encoding: .utf8)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("#") }
    return lines.split { $0.hasPrefix("-- ") }.dropFirst().enumerated().map { index, lines in
      let starts = text.split(separator: "\n").filter { $0.hasPrefix("-- ") }
      let headers = lines.prefix { !$0.isEmpty }.map { $0.split(separator: ": ", maxSplits: 1).map(String.init) }
      return (
        id: String(starts[index].dropFirst(3)),
        entry: Entry(
          headers: Dictionary(uniqueKeysWithValues: headers.map { ($0[0], $0[1]) }),
          text: lines.drop { !$0.isEmpty }.joined(separator: "\n"))
      )
    }
  }

  @Test("Every kind of message has exactly one entry, in order, and the catalog has no others")
  func complete() throws {
    #expect(try entries().map(\.id) == JournalMessage.allCases.map(\.id))
  }

  @Test("An entry has a subject and an action, and names only fields that its kind always has")
  func references() throws {
    for (message, found) in zip(JournalMessage.allCases, try entries()) {
      #expect(
        Set(found.entry.headers.keys) == ["Subject", "Defined-By", "Support", "Documentation"], "\(message)")
      #expect(found.entry.headers["Defined-By"] == "tactus", "\(message)")
      let subject = try #require(found.entry.headers["Subject"])
      let text = found.entry.text.trimmingCharacters(in: .whitespacesAndNewlines)
      #expect(text.contains("\n\n"), "\(message): the meaning, then the action")
      let named = (subject + text).matches(of: /@([A-Z_]+)@/).map { String($0.output.1) }
      #expect(Set(named).isSubset(of: message.fields.map(\.rawValue)), "\(message)")
    }
  }

  @Test("The journal accepts the catalog without a warning, and finds every entry in it")
  func database() throws {
    let root = FileManager.default.temporaryDirectory.appending(path: "tactus-catalog-\(UUID())")
    defer { try? FileManager.default.removeItem(at: root) }  // leftovers in /tmp do not matter
    let folder = root.appending(path: "usr/lib/systemd/catalog")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try FileManager.default.createDirectory(
      at: root.appending(path: "var/lib/systemd/catalog"), withIntermediateDirectories: true)
    try FileManager.default.copyItem(at: Self.file, to: folder.appending(path: "tactus.catalog"))
    #expect(try journalctl("--root=\(root.path)", "--update-catalog") == "")
    let listed = try journalctl("--root=\(root.path)", "--list-catalog").split(separator: "\n")
    #expect(listed.count == JournalMessage.allCases.count)
    for message in JournalMessage.allCases {
      #expect(listed.contains { $0.hasPrefix("\(message.id) tactus: ") }, "\(message)")
    }
  }

  /// Runs journalctl, and returns its output on both streams.
  private func journalctl(_ arguments: String...) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/journalctl")
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let said = pipe.fileHandleForReading.rest()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return String(decoding: said, as: UTF8.self)
  }
}
