import Foundation
import TactusSimulation
import TactusTestSupport
import Testing

@testable import TactusUnitFile

/// Compares spans with systemd-analyze.
struct SystemdSpanTests {
  private static let analyze = "/usr/bin/systemd-analyze"

  @Test(
    "Random spans have the same value in systemd-analyze",
    .enabled(if: FileManager.default.isExecutableFile(atPath: analyze), "systemd-analyze(1) is not installed"))
  func random() throws {
    let seed = UInt64.random(in: .min ... .max)
    var generator = SeededGenerator(seed: seed)
    let spans = (0..<500).map { _ in span(&generator) }
    let theirs = try microseconds(spans)
    #expect(theirs.count == spans.count, "seed \(seed)")
    for (text, expected) in zip(spans, theirs) {
      #expect(try Span(text).duration == .microseconds(expected), "seed \(seed): \(text)")
    }
  }

  /// Returns one to three parts, each a number with or without decimals, blanks and a unit.
  private func span(_ generator: inout SeededGenerator) -> String {
    let units = [
      "", "us", "usec", "µs", "ms", "msec", "s", "sec", "second", "seconds", "m", "min", "minute", "minutes", "h", "hr",
      "hour", "hours", "d", "day", "days", "w", "week", "weeks", "M", "month", "months", "y", "year", "years",
    ]
    let blanks = ["", " ", "  "]
    let parts = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
      let whole = "\(Int.random(in: 0...9999, using: &generator))"
      let places = Bool.random(using: &generator) ? "" : ".\(Int.random(in: 0...99_999_999, using: &generator))"
      let unit = units.randomElement(using: &generator) ?? ""
      // Without a unit, only a blank separates the number from the next one.
      let after = unit.isEmpty ? " " : blanks.randomElement(using: &generator) ?? ""
      return whole + places + (blanks.randomElement(using: &generator) ?? "") + unit + after
    }
    return parts.joined()
  }

  /// Returns systemd's values of spans, in order.
  private func microseconds(_ spans: [String]) throws -> [Int64] {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: Self.analyze)
    process.arguments = ["timespan"] + spans
    process.environment = ["LC_ALL": "C.UTF-8"]
    process.standardOutput = output
    try process.run()
    let bytes = output.fileHandleForReading.rest()
    process.waitUntilExit()
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
      line.split(separator: "s: ", maxSplits: 1).last.flatMap { line.contains("μs: ") ? Int64($0) : nil }
    }
  }
}
