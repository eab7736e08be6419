import TactusModel
import TactusProtocol
import TactusTransport

enum ReloadVerb: Verb {
  static let name = "reload"
  static let summary = "Reload the configuration files of the daemon"

  static func run(_ invocation: Invocation) throws {
    let reply = try invocation.connect().reply(to: Reload())
    let answer = try reply.read(Reload.Reply.self)
    if invocation.json == .off {
      if invocation.isTalkative { report(answer, invocation.console) }
      for warning in answer.warnings { invocation.console.complain("\(warning.sentence) (warning)") }
      // Last, because a terminal shows the last lines.
      for problem in answer.problems { invocation.console.complain(problem.sentence) }
    } else {
      invocation.console.print(bytes: invocation.json.rendered(reply.parameters))
    }
    if !answer.problems.isEmpty { throw Complaint(nil, .failed) }
  }

  private static func report(_ answer: Reload.Reply, _ console: Console) {
    let terminated = Set(answer.terminated ?? [])
    for (names, word) in [(answer.created, "created"), (answer.changed, "changed"), (answer.removed, "removed")] {
      for name in names {
        let isStillTerminated = word == "changed" && terminated.contains(name)
        let more =
          isStillTerminated ? ", and still terminated. Run tactusctl resume \(name) to have it plan again." : ""
        console.print("\(name.visible): \(word)\(more.visible)")
      }
    }
    for queue in answer.queues ?? [] { console.print("queue \(queue.visible): limits changed") }
    switch answer.autoRunner {
    case "systemd": console.print("Runner=auto means systemd from now on, outside the sandbox of tactusd")
    case "direct": console.print("Runner=auto means direct from now on, in the sandbox of tactusd")
    default: break
    }
    guard let workflows = answer.workflows else {
      return console.print("\(answer.loaded.counted("file")) in force.")
    }
    console.print("\(workflows.counted("workflow")) in force from files.")
  }
}

extension WireProblem {
  /// `file:line: message`, or `file: message`.
  var sentence: String { "\(line > 0 ? "\(file):\(line)" : file): \(message)" }
}
