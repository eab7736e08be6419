import Foundation
import TactusProtocol
import Testing

@testable import TactusCommands

@Suite("Documents")
struct DocumentTests {
  private func text(_ path: String) throws -> String {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  @Test("docs/control-protocol.md has every method and every verb")
  func protocolDocument() throws {
    let document = try text("docs/control-protocol.md")
    for interface in Interface.allCases {
      for line in interface.description.split(separator: "\n") where line.hasPrefix("method ") {
        let name = line.dropFirst("method ".count).prefix { $0 != "(" }
        #expect(document.contains("| `\(interface.rawValue).\(name)`"), "\(name)")
      }
      for line in interface.description.split(separator: "\n") where line.hasPrefix("error ") {
        let name = line.dropFirst("error ".count).prefix { $0 != " " }
        #expect(document.contains("| `\(name)` |"), "\(name)")
      }
    }
    for verb in Tactusctl.verbs { #expect(document.contains("`\(verb.name)`"), "\(verb.name)") }
  }

  @Test("tactusctl(1) has every verb and every option")
  func manualPage() throws {
    let page = try text("man/tactusctl.1").replacingOccurrences(of: "\\-", with: "-")
    for verb in Tactusctl.verbs {
      #expect(
        page.components(separatedBy: "\n").contains { line in
          line.hasPrefix(".B") && line.split(separator: " ").dropFirst().first.map(String.init) == verb.name
        }, "\(verb.name)")
    }
    for option in CommandOption.allCases { #expect(page.contains("--\(option.rawValue)"), "\(option.rawValue)") }
  }
}
