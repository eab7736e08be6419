import Foundation
import TactusModel
import Testing

/// docs/limits.md lists every limit with its value and its test.
struct LimitsPageTests {
  private static let values: [String: String] = [
    "unitFileBytes": bytes(Int64(Limits.unitFileBytes)),
    "unitFileProblems": "\(Limits.unitFileProblems)",
    "fileWarnings": "\(Limits.fileWarnings)",
    "interval": "\(span(Limits.interval.lowerBound)) … \(span(Limits.interval.upperBound))",
    "startAt": "\(Limits.startAt.lowerBound) … \(Limits.startAt.upperBound)",
    "startWithin": span(Limits.startWithin),
    "misfireLimit": range(Limits.misfireLimit),
    "priority": range(Limits.priority),
    "maxConsecutiveFailures": range(Limits.maxConsecutiveFailures),
    "commandTimeout": span(Limits.commandTimeout),
    "heartbeatTimeout": span(Limits.heartbeatTimeout),
    "logLimit": "\(Limits.logLimit.lowerBound) … \(bytes(Limits.logLimit.upperBound))",
    "argumentBytes": bytes(Int64(Limits.argumentBytes)),
    "httpStatus": range(Limits.httpStatus),
    "maxRunning": range(Limits.maxRunning),
    "maxQueued": range(Limits.maxQueued),
    "containerTimeout": span(Limits.containerTimeout),
    "pullTimeout": span(Limits.pullTimeout),
    "containerMemory": "\(bytes(Limits.containerMemory.lowerBound)) … \(bytes(Limits.containerMemory.upperBound))",
    "milliCPUs": range(Limits.milliCPUs),
    "pidsLimit": range(Limits.pidsLimit),
    "memoryMax": "\(bytes(Limits.memoryMax.lowerBound)) … \(bytes(Limits.memoryMax.upperBound))",
    "cpuQuota": range(Limits.cpuQuota),
    "tasksMax": range(Limits.tasksMax),
    "dispatchRetries": "\(Limits.dispatchRetries)",
    "dispatchTimeout": "\(span(Limits.dispatchTimeout.lowerBound)) … \(span(Limits.dispatchTimeout.upperBound))",
    "stopTimeout": "\(span(Limits.stopTimeout.lowerBound)) … \(span(Limits.stopTimeout.upperBound))",
    "manualPast": span(Limits.manualPast),
    "manualFuture": span(Limits.manualFuture),
    "credentialBytes": bytes(Int64(Limits.credentialBytes)),
    "pathPatience": span(Limits.pathPatience),
    "launchPatience": span(Limits.launchPatience),
    "startPatience": span(Limits.startPatience),
    "errandsOfMount": "\(Limits.errandsOfMount)",
    "errands": "\(Limits.errands)",
    "grace": span(Limits.grace),
    "checkEvery": span(Limits.checkEvery),
    "releaseBatch": "\(Limits.releaseBatch)",
    "logLineBytes": bytes(Int64(Limits.logLineBytes)),
    "provenLookups": "\(Limits.provenLookups)",
    "localLookups": "\(Limits.localLookups)",
    "otherLookups": "\(Limits.otherLookups)",
    "httpRedirects": "\(Limits.httpRedirects)",
    "httpReadBytes": bytes(Int64(Limits.httpReadBytes)),
    "heartbeatBodyBytes": bytes(Int64(Limits.heartbeatBodyBytes)),
    "unremovedContainers": "\(Limits.unremovedContainers)",
    "submitRate": range(Limits.submitRate),
    "eventsKeep": "\(span(Limits.eventsKeep.lowerBound)) … \(span(Limits.eventsKeep.upperBound))",
    "eventRows": "\(Limits.eventRows)",
    "idempotencyKeyBytes": bytes(Int64(Limits.idempotencyKeyBytes)),
    "idsAtOnce": "\(Limits.idsAtOnce)",
    "statisticsWindow": "\(span(Limits.statisticsWindow.lowerBound)) … \(span(Limits.statisticsWindow.upperBound))",
    "journalOutputBytes": bytes(Int64(Limits.journalOutputBytes)),
    "journalLineOverhead": bytes(Int64(Limits.journalLineOverhead)),
    "journalEntries": "\(Limits.journalEntries)",
  ]

  private func rows() throws -> [[String]] {
    try ["In files", "At run time"].flatMap { try MarkdownTable($0, of: "limits.md").rows }
  }

  private func source(_ path: String) throws -> String {
    try String(contentsOf: MarkdownTable.repository.appending(path: path), encoding: .utf8)
  }

  @Test("The page lists every limit of the code exactly once")
  func complete() throws {
    let declared = try source("Sources/TactusModel/Limits.swift").split(separator: "\n").compactMap { line in
      line.split(separator: "public static let ").dropFirst().first?.prefix { $0.isLetter }
    }
    #expect(try rows().map { $0[0] }.sorted() == declared.map(String.init).sorted())
  }

  @Test("The page shows the values of the code")
  func values() throws {
    for row in try rows() { #expect(row[1] == Self.values[row[0]], "\(row[0])") }
  }

  /// Returns the constants of the control socket with their values, read from the source text: this target does not
  /// import it.
  private func socketLimits() throws -> [String: String] {
    let lines = try source("Sources/TactusTransport/ServerLimits.swift").split(separator: "\n")
    let limits = lines.compactMap { line -> (String, String)? in
      guard let match = line.firstMatch(of: /public var (\w+)[^=]*= (?:(\d+)( << (\d+))?|\.seconds\((\d+)\))$/) else {
        return nil
      }
      let (_, name, number, shifted, places, seconds) = match.output
      if let seconds = seconds.flatMap({ Int64($0) }) { return (String(name), span(.seconds(seconds))) }
      let value = number.flatMap { Int64($0) } ?? 0
      return (String(name), shifted == nil ? "\(value)" : bytes(value << (places.flatMap { Int64($0) } ?? 0)))
    }
    return Dictionary(uniqueKeysWithValues: limits)
  }

  @Test("The page lists every limit of the control socket with its value")
  func socket() throws {
    let rows = try MarkdownTable("On the control socket", of: "limits.md").rows
    #expect(try Dictionary(uniqueKeysWithValues: rows.map { ($0[0], $0[1]) }) == socketLimits())
  }

  @Test("The page names only tests that exist")
  func tests() throws {
    let root = MarkdownTable.repository.appending(path: "Tests")
    let files = try FileManager.default.subpathsOfDirectory(atPath: root.path).filter { $0.hasSuffix(".swift") }
    let text = try files.map { try source("Tests/\($0)") }.joined(separator: "\n")
    for row in try rows() + MarkdownTable("On the control socket", of: "limits.md").rows {
      #expect(text.contains("\"\(row[3])\""), "\(row[0])")
    }
  }
}

private func range(_ range: ClosedRange<Int>) -> String { "\(range.lowerBound) … \(range.upperBound)" }

private func span(_ span: Duration) -> String {
  let seconds = span.milliseconds / 1000
  if seconds > 0 && seconds.isMultiple(of: 86_400) { return "\(seconds / 86_400)d" }
  if seconds > 0 && seconds.isMultiple(of: 60) { return "\(seconds / 60)min" }
  return "\(seconds)s"
}

private func bytes(_ count: Int64) -> String {
  if count.isMultiple(of: 1 << 30) { return "\(count >> 30) GiB" }
  return count.isMultiple(of: 1 << 10) ? "\(count >> 10) KiB" : "\(count) B"
}
