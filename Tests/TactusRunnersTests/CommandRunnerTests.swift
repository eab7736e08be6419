import Synchronization
import TactusModel
import TactusPorts
import Testing

@testable import TactusRunners

/// Notes its calls, and gives fixed answers.
private final class NotingRunner: Runner {
  let asked = Mutex<[String]>([])
  let found: Found
  let outlives: Bool

  init(found: Found = .gone, outlives: Bool) { (self.found, self.outlives) = (found, outlives) }

  private func note(_ word: String) { asked.withLock { $0.append(word) } }
  var words: [String] { asked.withLock { $0 } }

  func start(_ order: RunOrder, events: @escaping @Sendable (RunnerEvent) -> Void) { note("start") }
  func terminate(_ id: JobID) { note("terminate") }
  func kill(_ id: JobID) { note("kill") }
  func settle(_ id: JobID) { note("settle") }
  func recover(
    _ remnant: Remnant, events: @escaping @Sendable (RunnerEvent) -> Void, answer: @escaping @Sendable (Found) -> Void
  ) {
    note("recover")
    answer(found)
  }
  func recovered() { note("recovered") }
  func outlivesDaemon(_ id: JobID) -> Bool { outlives }
  func unknown(among ids: [JobID], answer: @escaping @Sendable ([JobID]) -> Void) { answer([]) }
}

@Suite("The runner that starts a command")
struct CommandRunnerTests {
  private static let id = JobID(high: 0x0193_2C07_A0B0_7123, low: 0x8123_4567_89AB_CDEF)

  private static func order(_ command: Command) -> RunOrder {
    RunOrder(
      id: id, workflow: nil, work: .command(command), trigger: .manual, attempt: 1,
      nominalAt: Instant(microseconds: 0), scheduledAt: Instant(microseconds: 0), logLimit: 1000)
  }

  static let choices: [(command: Command, mayStartUnits: Bool, place: RunnerName)] = [
    (Command(arguments: ["/bin/true"]), true, .systemd),
    (Command(arguments: ["/bin/true"]), false, .direct),
    (Command(arguments: ["/bin/true"], runner: .direct), true, .direct),
    (Command(arguments: ["/bin/true"], runner: .systemd), false, .systemd),
    (Command(arguments: ["/bin/true"], user: "backup"), false, .systemd),
    (
      Command(arguments: ["/bin/true"], sandbox: [SandboxSetting(key: "PrivateTmp", value: .flag(true))]), false,
      .systemd
    ),
  ]

  @Test("The definition decides, and without Runner= systemd starts the command if allowed", arguments: choices)
  func choice(command: Command, mayStartUnits: Bool, place: RunnerName) {
    let (processes, units) = (NotingRunner(outlives: false), NotingRunner(outlives: true))
    let runner = CommandRunner(processes: processes, units: units) { mayStartUnits }
    #expect(!runner.outlivesDaemon(Self.id))
    runner.start(Self.order(command)) { _ in }
    #expect(runner.outlivesDaemon(Self.id) == (place == .systemd))
    runner.terminate(Self.id)
    runner.kill(Self.id)
    runner.settle(Self.id)
    // It is forgotten at its end.
    runner.kill(Self.id)
    let all = ["start", "terminate", "kill", "settle"]
    #expect(processes.words == (place == .direct ? all : []))
    #expect(units.words == (place == .systemd ? all : []))
  }

  private static func remnant(_ place: RunnerName?) -> Remnant {
    var facts = StartFacts(at: Instant(microseconds: 0))
    facts.runner = place
    return Remnant(
      id: id, kind: .command, queue: QueueName(builtIn: .command), fence: 1, status: place == nil ? .queued : .running,
      bootID: "b", facts: place == nil ? nil : facts, stopReason: nil)
  }

  @Test("A row with a runner is looked up only there", arguments: RunnerName.allCases)
  func known(place: RunnerName) {
    let (processes, units) = (NotingRunner(outlives: false), NotingRunner(outlives: true))
    let runner = CommandRunner(processes: processes, units: units) { true }
    runner.recover(Self.remnant(place), events: { _ in }) { #expect($0 == .gone) }
    #expect(processes.words == (place == .direct ? ["recover"] : []))
    #expect(units.words == (place == .systemd ? ["recover"] : []))
  }

  @Test(
    "A claim without a runner is looked up in both runners, units first",
    arguments: [
      (Found.adopted(StartFacts(at: Instant(microseconds: 0))), Found.orphan), (.unstarted, .orphan), (.gone, .orphan),
      (.gone, .gone),
    ])
  func claimed(unit: Found, process: Found) {
    let (processes, units) = (NotingRunner(found: process, outlives: false), NotingRunner(found: unit, outlives: true))
    let runner = CommandRunner(processes: processes, units: units) { true }
    let isUnit = unit != .gone
    runner.recover(Self.remnant(nil), events: { _ in }) { #expect($0 == (isUnit ? unit : process)) }
    runner.recovered()
    // The order matters: units treat what was not asked for as ownerless.
    #expect(units.words == ["recover", "recovered"])
    #expect(processes.words == (isUnit ? ["recovered"] : ["recover", "recovered"]))
    #expect(runner.outlivesDaemon(Self.id) == isUnit)
  }
}
