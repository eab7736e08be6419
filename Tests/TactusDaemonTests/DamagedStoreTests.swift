import Foundation
import TactusLinux
import TactusModel
import TactusProtocol
import TactusSimulation
import TactusStore
import TactusTestSupport
import Testing

/// Stores with a flipped bit or with words of a newer version: the daemon refuses a store, or names the damage.
///
/// No call crashes the daemon or a command.
///
/// `TACTUS_TEST_STORES` is the number of stores of each kind, and `make soak` sets it. `TACTUS_TEST_SEED` selects
/// another sequence.
@Suite("Damaged stores, and stores of a newer version", .serialized)
struct DamagedStoreTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static let count = environment["TACTUS_TEST_STORES"].flatMap { Int($0) } ?? 12
  private static let seed = environment["TACTUS_TEST_SEED"].flatMap { UInt64($0) } ?? 20_261_129

  /// The commands that read everything in a store.
  private static let questions = [
    ["status"], ["list-workflows"], ["list-jobs", "--limit=1000"], ["stats"], ["stats", "plain"], ["events"],
    ["upcoming"], ["show-workflow", "plain"], ["why", "plain"], ["why", "later"], ["show-job", "plain"],
    ["logs", "plain"],
    ["show-job", "failing"], ["why", "failing"],
  ]

  /// The outcome for one store.
  private enum Outcome: Hashable { case refused, named, silent }

  /// One store and a description of its damage.
  private struct Specimen: Sendable {
    let files: [String: Data]
    let label: String
  }

  /// A store with jobs of every status, left behind by a clean stop or by a kill.
  private func original(isKilled: Bool) async throws -> [String: Data] {
    let daemon = try RunningDaemon(notStartedWith: Self.workflows)
    try await daemon.start()
    for _ in 0..<3 { _ = try await daemon.outcome(of: "plain") }
    _ = try await daemon.outcome(of: "failing")
    _ = try await daemon.run("later", at: "\(SystemTime().now + .seconds(30 * 86_400))")
    _ = try await daemon.run("long")
    _ = try await daemon.run("long")
    let later = try await daemon.run("later", at: "\(SystemTime().now + .seconds(60 * 86_400))")
    _ = try await daemon.control("cancel", later)
    if isKilled { try await daemon.kill() } else { try await daemon.stop() }
    return try FileManager.default.contentsOfDirectory(atPath: daemon.state)
      .filter { $0.hasSuffix(".db") || $0.hasSuffix("-wal") }
      .reduce(into: [:]) { $0[$1] = try Data(contentsOf: URL(filePath: "\(daemon.state)/\($1)")) }
  }

  private static let workflows = [
    "plain": "[Command]\nExec=/bin/sh -c 'echo out; echo err >&2'\n", "failing": "[Command]\nExec=/bin/false\n",
    "later": "[Schedule]\nInterval=1d\n[Command]\nExec=/bin/true\n",
    "long": "[Workflow]\nOverlap=queue\n[Command]\nExec=/bin/sleep 30\n",
  ]

  /// Starts a daemon on a store and runs every command.
  private static func examine(_ specimen: Specimen) async throws -> (outcome: Outcome, failures: [String]) {
    let daemon = try RunningDaemon(notStartedWith: workflows, settings: "[Manager]\nStopTimeout=1s\n")
    try FileManager.default.createDirectory(
      atPath: daemon.state, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    for (name, bytes) in specimen.files { try bytes.write(to: URL(filePath: "\(daemon.state)/\(name)")) }
    var failures: [String] = []
    func judge(_ what: [String], _ ran: Program.Ran) {
      if ran.code < 0 { failures.append("\(what) ended with signal \(-ran.code): \(ran.complaints)") }
      // 3: no answer.
      if ran.code == 3 { failures.append("no answer to \(what): \(daemon.complaints.suffix(500))") }
    }
    judge(["tactusd", "--verify"], try await daemon.check("--verify"))
    do { try await daemon.start() } catch let failure as RunningDaemon.DidNotStart {
      if failure.code != 1 || !failure.complaints.contains("tactusd: ") { failures.append("\(failure)") }
      return (.refused, failures)
    }
    for question in questions { judge(question, try await daemon.control(arguments: question)) }
    for change in [["run", "plain"], ["terminate", "later"]] {
      judge(change, try await daemon.control(arguments: change))
    }
    let doctor = try await daemon.control("doctor")
    judge(["doctor"], doctor)
    judge(["tactusd", "--verify"], try await daemon.check("--verify"))
    daemon.send(.terminate)
    daemon.send(.interrupt)
    let code = try await daemon.end()
    if code != 0 { failures.append("the daemon ended with \(code): \(daemon.complaints.suffix(2000))") }
    let reported = doctor.output + daemon.complaints
    let words = ["cannot be read", "damaged", "malformed", "cannot be written", "another version"]
    return (words.contains { reported.contains($0) } ? .named : .silent, failures)
  }

  /// Examines stores, `width` at a time, and prints their outcomes.
  private static func examine(_ specimens: [Specimen], _ kind: String) async throws {
    var outcomes: [Outcome: Int] = [:]
    var failures: [String] = []
    try await withThrowingTaskGroup(of: (Outcome, [String]).self) { group in
      for (index, specimen) in specimens.enumerated() {
        if index >= width, let (outcome, found) = try await group.next() {
          outcomes[outcome, default: 0] += 1
          failures += found
        }
        group.addTask {
          let (outcome, found) = try await examine(specimen)
          return (outcome, found.map { "\(specimen.label): \($0)" })
        }
      }
      for try await (outcome, found) in group {
        outcomes[outcome, default: 0] += 1
        failures += found
      }
    }
    print(
      "\(kind), seed \(seed): \(specimens.count) stores, \(outcomes[.refused] ?? 0) refused with a message, "
        + "\(outcomes[.named] ?? 0) ran and named the damage, "
        + "\(outcomes[.silent] ?? 0) ran without noticing it, \(failures.count) failures"
    )
    #expect(failures.isEmpty, "seed \(seed): \(failures.prefix(5).joined(separator: "\n"))")
  }

  /// The number of daemons that run at a time.
  private static let width = 3

  @Test("A flipped bit anywhere in the store crashes neither the daemon nor a command")
  func bits() async throws {
    let originals = [try await original(isKilled: false), try await original(isKilled: true)]
    let specimens = try (0..<Self.count).map { number in
      var generator = SeededGenerator(seed: Self.seed &+ UInt64(number))
      var files = originals[number % 2]
      // The output is as large as all the rest, and damage to it has less effect.
      let names = files.filter { !$0.value.isEmpty }.keys.sorted().filter { !$0.hasPrefix("logs") || number % 8 == 0 }
      let name = try #require(names.randomElement(using: &generator))
      let offset = Int.random(in: 0..<(files[name]?.count ?? 1), using: &generator)
      let bit = UInt8.random(in: 0..<8, using: &generator)
      files[name]?[offset] ^= 1 << bit
      return Specimen(files: files, label: "number \(number), bit \(bit) of byte \(offset) of \(name)")
    }
    try await Self.examine(specimens, "flipped bits")
  }

  @Test("Words of a newer version crash neither the daemon nor a command")
  func words() async throws {
    let original = try await original(isKilled: false)
    var specimens: [Specimen] = []
    for number in 0..<max(8, Self.count / 5) {
      var generator = SeededGenerator(seed: Self.seed &+ 1_000_000 &+ UInt64(number))
      let file = TemporaryFile()
      try original["tactus.db"]?.write(to: URL(filePath: file.path))
      let place = try #require(Self.places.randomElement(using: &generator))
      let (table, column) = (place.prefix { $0 != "." }, place.drop { $0 != "." }.dropFirst())
      let word = try #require(
        ["PAUSED", "http", "job.replayed", "9", "", "é\u{1B}[2J", "x"].randomElement(using: &generator))
      let share = Int.random(in: 1...3, using: &generator)
      let ran = try await Program(path: "/usr/bin/env", environment: Program.baseEnvironment).run([
        "python3", "-c",
        """
        import sqlite3, sys
        store = sqlite3.connect(sys.argv[1], isolation_level=None)
        store.execute("PRAGMA ignore_check_constraints = ON")
        triggers = store.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, sql in triggers: store.execute("DROP TRIGGER " + name)
        store.execute("UPDATE OR IGNORE %s SET %s = ? WHERE abs(random()) %% %s = 0" % tuple(sys.argv[2:5]), (sys.argv[5],))
        for name, sql in triggers: store.execute(sql)
        store.close()
        """, file.path, String(table), String(column), "\(share)", word,
      ])
      #expect(ran.code == 0, "\(ran)")
      var files = original
      files["tactus.db"] = try Data(contentsOf: URL(filePath: file.path))
      specimens.append(Specimen(files: files, label: "number \(number), '\(word)' in \(place)"))
    }
    try await Self.examine(specimens, "newer words")
  }

  /// Every column that contains words.
  private static let places = [
    "jobs.kind", "jobs.queue", "jobs.trigger", "jobs.status", "jobs.phase", "jobs.wait", "jobs.waited",
    "jobs.error_code",
    "jobs.stop_reason", "jobs.runner", "jobs.boot_id", "workflows.origin", "workflows.state",
    "workflows.terminated_reason", "workflows.build_status", "workflows.name", "definitions.kind", "definitions.queue",
    "definitions.overlap", "definitions.misfire", "definitions.text", "events.type", "events.status",
    "events.error_code", "tallies.status", "store.id", "store.epoch",
  ]
}
