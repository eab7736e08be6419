import TactusModel
import TactusUnitFile
import Testing

/// `queues/NAME.queue`.
struct QueueFileTests {
  private let defaults = QueueLimits(builtIn: .command, cores: 2)

  private func read(_ text: String) -> Result<QueueLimits, UnitFileProblems> {
    QueueFile.read(Array(text.utf8), file: "command.queue", defaults: defaults)
  }

  @Test("Keys override single defaults")
  func overrides() throws {
    #expect(try read("").get() == defaults)
    #expect(try read("[Queue]\nMaxRunning=9\n").get() == QueueLimits(maxRunning: 9, maxQueued: 1000))
    #expect(
      try read("[Queue]\nMaxRunning=100000\nMaxQueued=1000000\n").get()
        == QueueLimits(maxRunning: 100_000, maxQueued: 1_000_000))
    #expect(try read("[Queue]\nMaxQueued=9\nMaxRunning=\n").get() == QueueLimits(maxRunning: 4, maxQueued: 9))
  }

  @Test(
    "A bad key or value in a queue file is refused with its line and the reason",
    arguments: [
      ("MaxRunning=0", "is outside the range from 1 to 100000"), ("MaxRunning=100001", "is outside the range"),
      ("MaxQueued=0", "is outside the range from 1 to 1000000"), ("MaxQueued=many", "is not a whole number"),
      ("Priority=1", "Priority= is not supported by this version yet"),
      ("RateLimit=1/s", "RateLimit= is not supported"),
      ("Paused=yes", "Paused= is not supported"), ("Retries=1", "Retries= is not supported"),
      ("RetryDelays=1s", "RetryDelays= is not supported"),
      ("DeadLetterRetention=1d", "DeadLetterRetention= is not supported"),
      ("JobRetention=1d", "JobRetention= is not supported"), ("LogRetention=1d", "LogRetention= is not supported"),
      ("CallbackURL=http://x/", "CallbackURL= is not supported"), ("CallbackKeys=x", "CallbackKeys= is not supported"),
      ("MaxRuning=1", "Did you mean MaxRunning=?"),
    ])
  func refused(_ assignment: String, _ fragment: String) {
    let found = problems(of: read("[Queue]\n\(assignment)\n"))
    #expect(found.map(\.line) == [2])
    #expect(found.first?.message.contains(fragment) == true, "\(found)")
  }

  @Test("Only built-in queues can be configured")
  func names() throws {
    #expect(try QueueFile.kind(ofFile: "command.queue").get() == .command)
    #expect(try QueueFile.kind(ofFile: "heartbeat.queue").get() == .heartbeat)
    #expect(
      problems(of: QueueFile.kind(ofFile: "mail.queue")).map(\.description) == [
        "mail.queue: configures a custom queue, which this version does not support yet. "
          + "Use one of: command.queue, container.queue, heartbeat.queue"
      ])
    #expect(problems(of: QueueFile.kind(ofFile: "command.conf")).count == 1)
  }
}
