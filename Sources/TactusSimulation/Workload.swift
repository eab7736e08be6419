internal import TactusModel
internal import TactusPorts

/// The workflows of a simulated life: their files, how they are edited, and how their jobs behave.
struct Workload {
  /// The text of each file by name.
  private(set) var files: [WorkflowName: String] = [:]
  private let names: [WorkflowName]

  private static let intervals = ["1h", "2h", "6h", "12h", "1d"]
  private static let overlaps = ["queue", "skip", "replace"]
  private static let misfires = ["latest", "all", "skip"]

  /// Creates workflows whose schedules and policies the generator chooses.
  init(count: Int, using generator: inout SeededGenerator) {
    names = (1...count).compactMap { WorkflowName("w\($0)") }
    for name in names { files[name] = Self.text(of: name, using: &generator) }
  }

  /// Edits a file, removes it, or puts a removed one back; returns its name.
  mutating func edit(using generator: inout SeededGenerator) -> WorkflowName? {
    guard let name = names.randomElement(using: &generator) else { return nil }
    let isRemoved = files[name] != nil && UInt64.random(in: 0..<4, using: &generator) == 0
    files[name] = isRemoved ? nil : Self.text(of: name, using: &generator)
    return name
  }

  /// A workflow that exists, chosen by the generator.
  func any(using generator: inout SeededGenerator) -> WorkflowName? {
    files.keys.sorted().randomElement(using: &generator)
  }

  private static func text(of name: WorkflowName, using generator: inout SeededGenerator) -> String {
    // One of four workflows always allows overlap: the auditor checks the others for it.
    let allows = name.text.utf8.last.map { $0 % 4 == 0 } ?? false
    let overlap = overlaps[Int(generator.next() % 3)]
    let limit = UInt64.random(in: 0..<4, using: &generator) == 0 ? "5" : "infinity"
    return """
      [Workflow]
      Overlap=\(allows ? "allow" : overlap)
      Misfire=\(misfires[Int(generator.next() % 3)])
      MaxConsecutiveFailures=\(limit)
      [Schedule]
      Interval=\(intervals[Int(generator.next() % 5)])
      [Command]
      Exec=/bin/true
      Timeout=10min

      """
  }

  /// Returns how a job behaves: its id decides, and the seed decides the id.
  ///
  /// Of a thousand jobs, 50 fail, 10 never end by themselves and are ended by their time-out, 5 of these ignore TERM, and
  /// 10 take seconds to store their output. The others take up to two minutes.
  static func script(of order: RunOrder) -> SimulatedRunner.Script {
    let dice = order.id.low % 1000
    var script = SimulatedRunner.Script(duration: .milliseconds(Int64(order.id.low / 1000 % 120_000)))
    switch dice {
    case 0..<50: script.ending = .failed(.exitNonzero, "exit code 1")
    case 50..<55: script.duration = nil
    case 55..<60: (script.duration, script.obeysTerminate) = (nil, false)
    case 60..<70: script.storing = .seconds(3)
    default: break
    }
    return script
  }
}
