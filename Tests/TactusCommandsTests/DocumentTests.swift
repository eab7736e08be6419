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

  @Test("docs/control-protocol.md lists every method, error and verb")
  func protocolDocument() throws {
    let document = try text("docs/control-protocol.md")
    var missing: [String] = []
    func expect(_ text: String) { if !document.contains(text) { missing.append(text) } }
    for interface in Interface.allCases {
      for line in interface.description.split(separator: "\n") where line.hasPrefix("method ") {
        expect("| `\(interface.rawValue).\(line.dropFirst("method ".count).prefix { $0 != "(" })`")
      }
      for line in interface.description.split(separator: "\n") where line.hasPrefix("error ") {
        expect("| `\(line.dropFirst("error ".count).prefix { $0 != " " })` |")
      }
    }
    for verb in Tactusctl.verbs { expect("`\(verb.name)`") }
    #expect(missing == [])
    // The last column of a method's row begins with the right that the daemon asks for.
    for (method, request) in Methods.named {
      let row = document.split(separator: "\n").first { $0.hasPrefix("| `\(method)`") }
      let right = row?.split(separator: "|").last?.trimmingCharacters(in: .whitespaces)
      #expect(right?.hasPrefix(request.right.rawValue) == true, "\(method): \(right ?? "no row")")
    }
  }

  // MARK: tactusctl(1), --help, and the table

  private func page() throws -> ManualPage { ManualPage(try text("man/tactusctl.1")) }

  /// Expects the options in the manual page, each with its synopsis and a text that begins with its summary.
  private func expect(_ entries: [ManualPage.Entry], are options: [CommandOption], of place: String) {
    #expect(entries.map(\.tag) == options.map(\.synopsis), "the options of \(place), in the order of the table")
    for (entry, option) in zip(entries, options) {
      #expect(entry.text.hasPrefix("\(option.summary)."), "\(place) \(option.word)")
      if let explanation = option.value?.explanation {
        #expect(entry.text.contains("\(explanation)."), "\(place) \(option.word)")
      }
    }
  }

  @Test("tactusctl(1) lists exactly the verbs and options of the table, in the same words")
  func manualPage() throws {
    let page = try page()
    let verbs = try #require(page.sections["VERBS"])
    #expect(verbs.map(\.tag) == Tactusctl.verbs.map { $0.synopsis })
    for (entry, verb) in zip(verbs, Tactusctl.verbs) {
      #expect(entry.text.hasPrefix("\(verb.summary)."), "\(verb.name)")
      for explanation in verb.operands.compactMap(\.noun.explanation) {
        #expect(entry.text.contains("\(explanation)."), "\(verb.name)")
      }
      expect(entry.inner, are: verb.options, of: verb.name)
      // The text of a verb mentions only options that the verb accepts.
      for word in options(in: entry.text + entry.inner.map(\.text).joined(separator: " ")) {
        #expect(verb.allOptions.contains { $0.word == word }, "\(verb.name): \(word)")
      }
    }
    expect(try #require(page.sections["OPTIONS"]), are: CommandOption.common, of: "every verb")
    for word in options(in: page.text) { #expect(CommandOption.all.contains { $0.word == word }, "\(word)") }
    let codes = try #require(page.sections["EXIT STATUS"])
    #expect(codes.map(\.tag) == ExitCode.allCases.map { "\($0.rawValue)" })
    for (entry, code) in zip(codes, ExitCode.allCases) {
      #expect(entry.text.lowercased().hasPrefix(code.meaning), "\(code.rawValue)")
    }
  }

  private func options(in text: String) -> [String] { text.matches(of: /--[a-z][a-z-]*/).map { String($0.output) } }

  /// The first and second column of the lines that begin with two blanks.
  private func rows(of help: String) -> [[String]] {
    help.split(separator: "\n").filter { $0.hasPrefix("  ") }.map { line in
      line.trimmingCharacters(in: .whitespaces).split(separator: /\s{2,}/, maxSplits: 1).map(String.init)
    }
  }

  @Test("--help lists exactly the verbs and options of the table, in the same words")
  func help() {
    let options = { (options: [CommandOption]) in options.map { [$0.synopsis, $0.summary] } }
    let all = CannedDaemon.run(["--help"]).output
    #expect(rows(of: all) == Tactusctl.verbs.map { [$0.synopsis, $0.summary] } + options(CommandOption.common))
    for code in ExitCode.allCases { #expect(all.contains("\(code.rawValue) \(code.meaning)")) }
    for verb in Tactusctl.verbs {
      let help = CannedDaemon.run([verb.name, "--help"]).output
      #expect(help.hasPrefix("tactusctl \(verb.synopsis) [OPTION…]\n\n\(verb.summary).\n"))
      #expect(rows(of: help) == options(verb.allOptions))
      for explanation in verb.explanations {
        #expect(help.contains("\n" + "\(explanation).".wrapped(to: 80).joined(separator: "\n") + "\n"))
      }
    }
  }

  @Test("Names in the table are unique, and an option of several verbs has one meaning")
  func table() {
    #expect(Set(Tactusctl.verbs.map { $0.name }).count == Tactusctl.verbs.count)
    for verb in Tactusctl.verbs {
      #expect(Set(verb.allOptions).count == verb.allOptions.count, "\(verb.name)")
      let letters = verb.allOptions.compactMap(\.letter)
      #expect(Set(letters).count == letters.count, "\(verb.name)")
      // Only the last operand may be optional or repeated.
      for operand in verb.operands.dropLast() { #expect(operand.count == .one, "\(verb.name)") }
      for option in verb.options {
        let same = CommandOption.all.first { $0 == option }
        #expect(same?.letter == option.letter && (same?.value == nil) == (option.value == nil), "\(option.word)")
      }
      for summary in [verb.summary] + verb.options.map(\.summary) { #expect(!summary.hasSuffix(".")) }
    }
  }
}
