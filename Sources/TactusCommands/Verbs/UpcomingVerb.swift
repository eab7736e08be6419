import TactusModel
import TactusProtocol

enum UpcomingVerb: Verb {
  static let name = "upcoming"
  static let operands = [Operand.atMostOne(.workflow)]
  static let summary = "List the next runs of all workflows, or of one"
  static let options: [CommandOption] = [
    CommandOption("limit", letter: "n", value: .text(called: "N"), "Show at most N, 1 to 1000 (default: 10)")
  ]
  static let isPaged = true

  static func run(_ invocation: Invocation) throws {
    let request = ListUpcoming(
      name: invocation.operands.first, limit: try invocation.number(.limit, in: 1...1000))
    guard let runs = try invocation.call(request)?.runs else { return }
    let console = invocation.console
    // Only on a terminal: the rest changes while a program reads it.
    let left = console.isTerminal ? [Table.Column(title: "LEFT")] : []
    var table = Table(
      [Table.Column(title: "NEXT")] + left + [
        Table.Column(title: "WORKFLOW", isFlexible: true), Table.Column(title: "KIND"), Table.Column(title: "TRIGGER"),
        Table.Column(title: "JOB"),
      ])
    for run in runs {
      let left = left.map { _ in Table.Cell(Readable.distance(of: run.nominalAt, from: console.now)) }
      table.add(
        [Table.Cell(Readable.absolute(run.nominalAt, on: console))] + left + [
          Table.Cell(run.workflow), Table.Cell(run.kind.rawValue), Table.Cell(run.trigger.rawValue),
          Table.Cell(run.jobID.map(Readable.tail)),
        ])
    }
    table.print(on: console, hasHeading: invocation.hasLegend)
    if invocation.hasLegend { console.print("\n\(runs.count.counted("run")).") }
  }
}
