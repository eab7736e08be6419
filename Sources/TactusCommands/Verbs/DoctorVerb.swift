import TactusModel
import TactusProtocol
import TactusTransport

enum DoctorVerb: Verb {
  static let name = "doctor"
  static let summary = "Check the environment of the daemon, and suggest fixes"
  static let isPaged = true

  static func run(_ invocation: Invocation) throws {
    let reply = try invocation.connect().reply(to: Examine())
    let diagnoses = try reply.read(Examine.Reply.self).diagnoses
    let console = invocation.console
    if invocation.json != .off {
      console.print(bytes: invocation.json.rendered(reply.parameters))
    } else {
      for diagnosis in diagnoses where invocation.isTalkative || diagnosis.state != .ok {
        print(diagnosis, on: console)
      }
    }
    let problems = diagnoses.count { $0.state == .problem }
    let warnings = diagnoses.count { $0.state == .warning }
    if invocation.isTalkative {
      console.print()
      console.print(
        "\(diagnoses.count.counted("check")): \(problems.counted("problem")), \(warnings.counted("warning")).")
    }
    if problems > 0 { throw Complaint(nil, .failed) }
  }

  private static func print(_ diagnosis: Diagnosis, on console: Console) {
    let style: Style =
      switch diagnosis.state.known {
      case .ok: .good
      case .warning: .plain
      case .problem: .bad
      case nil: .plain
      }
    let word = diagnosis.state.rawValue.visible
    let mark = style.applied(to: word, on: console) + String(repeating: " ", count: max(1, 9 - word.count))
    let check = diagnosis.check.visible
    let name = check + String(repeating: " ", count: max(1, 13 - check.count))
    let lines = diagnosis.message.visible.folded(to: max(30, (console.columns ?? 120) - 22))
    for (index, line) in lines.enumerated() {
      console.print(index == 0 ? "\(mark)\(name)\(line)" : String(repeating: " ", count: 22) + line)
    }
    for line in (diagnosis.cure?.visible).map({
      "\(diagnosis.state == .ok ? "hint" : "fix"): \($0)".folded(to: max(30, (console.columns ?? 120) - 22))
    })
      ?? []
    {
      console.print(String(repeating: " ", count: 22) + line)
    }
  }
}

extension String {
  /// Wraps into lines of at most a number of columns, at spaces; a longer word has its own line.
  fileprivate func folded(to columns: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in split(separator: " ") {
      if !line.isEmpty, line.columns + 1 + word.count > columns {
        lines.append(line)
        line = ""
      }
      line += line.isEmpty ? String(word) : " \(word)"
    }
    return lines + (line.isEmpty ? [] : [line])
  }
}
