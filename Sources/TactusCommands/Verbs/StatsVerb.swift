import TactusModel
import TactusProtocol

enum StatsVerb: Verb {
  static let name = "stats"
  static let operands = [Operand.atMostOne(.workflow)]
  static let summary = "Show results, durations and start delays of jobs"
  static let options: [CommandOption] = [.queue, .kind, .window]
  static let isPaged = true

  static func run(_ invocation: Invocation) throws {
    let (name, queue, kind) = (invocation.operands.first, invocation.values[.queue], invocation.values[.kind])
    guard [name, queue, kind].count(where: { $0 != nil }) <= 1 else {
      throw Complaint.usage("use at most one of NAME, --queue and --kind")
    }
    let request = ReadStatistics(
      workflow: name, queue: queue, kind: invocation.word(.kind),
      windowSeconds: try invocation.span(.window).map { $0.microseconds / 1_000_000 })
    guard let reply = try invocation.call(request) else { return }
    let console = invocation.console
    let subject = name ?? queue.map { "queue \($0)" } ?? kind.map { "kind \($0)" } ?? "all workflows"
    let window = Readable.span(reply.until - reply.from)
    let until = Readable.absolute(reply.until, on: console)
    console.print("\(Style.bold.applied(to: subject, on: console)): \(window) up to \(until)")
    var sheet = Sheet()
    let ends = reply.ends
    sheet.add("Ended", "\(ends.completed) completed, \(ends.failed) failed, \(ends.canceled) canceled")
    sheet.add("Success", reply.successRate.map(percent))
    sheet.add("Duration", reply.duration?.text)
    sheet.add("Start delay", reply.startDelay?.text)
    addTrends(of: reply, to: &sheet, console)
    sheet.print(on: console)
  }

  /// Formats a rate, rounded down: 100 % means that no job failed.
  private static func percent(_ rate: Double) -> String {
    let tenths = Int(min(max(rate, 0), 1) * 1000)
    return "\(tenths / 10).\(tenths % 10) %"
  }

  /// Adds the trends over the window, oldest part first.
  private static func addTrends(of reply: ReadStatistics.Reply, to sheet: inout Sheet, _ console: Console) {
    guard reply.buckets.count > 1 else { return }
    let part = Readable.span(reply.buckets[1].from - reply.buckets[0].from)
    // On a terminal, the lines with bars contain the length of a part.
    if !console.isTerminal { sheet.add("Each part", "\(part), the first from \(reply.buckets[0].from)") }
    let trends: [(String, [Int64?], (Int64) -> String)] = [
      ("Completed", reply.buckets.map { Int64($0.ends.completed) }, { "\($0)" }),
      ("Failed", reply.buckets.map { Int64($0.ends.failed) }, { "\($0)" }),
      ("p95 duration", reply.buckets.map { $0.duration?.p95Ms }, { Readable.span(.milliseconds($0)) }),
    ]
    for (name, values, text) in trends {
      let most = values.compactMap(\.self).max() ?? 0
      guard most > 0 else { continue }
      let line =
        console.isTerminal
        ? "\(Sparkline.text(values)) at most \(text(most)) in \(part)"
        : values.map { $0.map(String.init) ?? "-" }.joined(separator: " ")
      sheet.add(console.isTerminal || name != "p95 duration" ? name : "\(name), ms", line)
    }
  }
}

extension WirePercentiles {
  fileprivate var text: String {
    let parts = [("p50", p50Ms), ("p95", p95Ms), ("p99", p99Ms), ("max", maxMs)]
    return parts.map { "\($0.0) \(Readable.span(.milliseconds($0.1)))" }.joined(separator: ", ")
  }
}
