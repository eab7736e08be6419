import TactusMessages
public import TactusModel

/// Reads `NAME.workflow`: the definition of a workflow.
///
/// tactus.workflow(5) describes the keys.
public enum WorkflowFile {
  /// Reads a definition, or returns all its problems.
  ///
  /// - Parameters:
  ///   - bytes: the file's content.
  ///   - name: the workflow's name.
  ///   - file: the name of the file in problems; nil means `NAME.workflow`, for definitions from the socket.
  ///   - queues: the queues that `Queue=` may name.
  public static func read(
    _ bytes: [UInt8], name: WorkflowName, file: String? = nil, queues: Set<QueueName>
  ) -> Result<Definition, UnitFileProblems> {
    var reading = Reading(bytes, file: file ?? "\(name).workflow", vocabulary: .workflow)
    let kind = reading.kind()
    let command = reading.command()
    let heartbeat = reading.heartbeat()
    let container = reading.container()
    let schedule = reading.schedule()
    let summary = reading.value("Description", in: "Workflow") { $0 }
    let policies = reading.policies(of: kind ?? .command, queues: queues)
    let work: Work? =
      switch kind {
      case .heartbeat: heartbeat.map(Work.heartbeat)
      case .container: container.map(Work.container)
      case .command, nil: command.map(Work.command)
      }
    let definition = work.map { work in
      Definition(
        summary: summary ?? "", work: work, schedule: schedule, policies: policies,
        text: String(decoding: bytes, as: UTF8.self), canonical: reading.canonical)
    }
    return reading.result(definition)
  }

  /// Reads a definition from text.
  public static func read(
    text: String, name: WorkflowName, file: String? = nil, queues: Set<QueueName>
  ) -> Result<Definition, UnitFileProblems> {
    read(Array(text.utf8), name: name, file: file, queues: queues)
  }

  /// Returns the name of the workflow that a file defines.
  ///
  /// - Parameter file: the file's name without its directory.
  public static func name(ofFile file: String) -> Result<WorkflowName, UnitFileProblems> {
    guard let stem = stem(of: file, suffix: ".workflow") else {
      return .failure(.init(file, "is not named NAME.workflow. Rename it"))
    }
    guard let name = WorkflowName(stem) else {
      return .failure(.init(file, "does not name a workflow: a name has \(WorkflowName.rule)"))
    }
    return .success(name)
  }
}

/// Returns a file's name without its suffix; nil if it has another suffix.
func stem(of file: String, suffix: String) -> String? {
  file.hasSuffix(suffix) ? String(file.dropLast(suffix.count)) : nil
}

extension Reading {
  /// Reads the kind: exactly one section of a kind must be present.
  fileprivate mutating func kind() -> Kind? {
    let found = Self.kinds.compactMap { kind, section in
      line(of: section).map { (kind: kind, section: section, line: $0) }
    }
    .sorted { $0.line < $1.line }
    guard let first = found.first else {
      complain(
        aboutAbsenceOf: ["Command", "Heartbeat", "Container", "Http"],
        "has no [Command], [Heartbeat] or [Container]. Add the one that says what to run")
      return nil
    }
    for other in found.dropFirst() {
      complain(
        other.line,
        "[\(other.section)] conflicts with [\(first.section)] on line \(first.line): a workflow has one kind. "
          + "Remove one"
      )
    }
    return first.kind
  }

  private static let kinds: [(Kind, String)] = [
    (.command, "Command"), (.heartbeat, "Heartbeat"), (.container, "Container"),
  ]

  fileprivate mutating func heartbeat() -> Heartbeat? {
    require("Endpoint", in: "Heartbeat", example: "https://example.org/health")
    let endpoint = value("Endpoint", in: "Heartbeat", as: endpoint)
    let method = value("Method", in: "Heartbeat", as: word(of: Method.self))
    let statuses = values("ExpectedStatus", in: "Heartbeat", as: statusRanges).flatMap(\.self)
    let headers = values("Header", in: "Heartbeat", as: header)
    let redirects = value("FollowRedirects", in: "Heartbeat", as: boolean)
    let headersFollow = value("RedirectHeaders", in: "Heartbeat", as: boolean)
    let readsBody = value("ReadBody", in: "Heartbeat", as: boolean)
    let timeout = value("Timeout", in: "Heartbeat", as: Span.positive(through: Limits.heartbeatTimeout))
    guard let endpoint else { return nil }
    return Heartbeat(
      endpoint: endpoint, method: (method ?? .get).rawValue,
      expectedStatus: statuses.isEmpty ? .ok : StatusRanges(statuses),
      headers: headers, followsRedirects: redirects ?? true, redirectsHeaders: headersFollow ?? false,
      readsBody: readsBody ?? true, timeout: timeout ?? .seconds(10))
  }

  fileprivate mutating func schedule() -> Schedule? {
    require("Interval", in: "Schedule", example: "1h")
    let interval = value("Interval", in: "Schedule", as: Span.within(Limits.interval))
    let startAt = value("StartAt", in: "Schedule", as: instant)
    return interval.map { Schedule(interval: $0, startAt: startAt) }
  }

  fileprivate mutating func policies(of kind: Kind, queues: Set<QueueName>) -> Policies {
    var policies = Policies(queue: QueueName(builtIn: kind), maxConsecutiveFailures: kind == .heartbeat ? nil : 3)
    let section = "Workflow"
    policies.queue = value("Queue", in: section, as: queue(among: queues)) ?? policies.queue
    policies.priority = value("Priority", in: section, as: number(Limits.priority)) ?? policies.priority
    let failures = value(
      "MaxConsecutiveFailures", in: section, as: numberOrInfinity(Limits.maxConsecutiveFailures))
    policies.maxConsecutiveFailures = failures ?? policies.maxConsecutiveFailures
    policies.overlap = value("Overlap", in: section, as: word(of: Overlap.self)) ?? policies.overlap
    policies.misfire = value("Misfire", in: section, as: word(of: Misfire.self)) ?? policies.misfire
    policies.misfireLimit = value("MisfireLimit", in: section, as: number(Limits.misfireLimit)) ?? policies.misfireLimit
    policies.startWithin = value("StartWithin", in: section, as: Span.positive(through: Limits.startWithin))
    policies.logLimit = value("LogLimit", in: section, as: size(Limits.logLimit)) ?? policies.logLimit
    return policies
  }
}

/// The methods of a heartbeat.
private enum Method: String, CaseIterable {
  case get = "GET"
  case head = "HEAD"
  case post = "POST"
}

/// Reads the name of a known queue.
private func queue(among queues: Set<QueueName>) -> (String) throws(ValueRefusal) -> QueueName {
  { (text: String) throws(ValueRefusal) -> QueueName in
    if let name = QueueName(text), queues.contains(name) { return name }
    let known = queues.sorted().map(\.text).joined(separator: " ")
    let hint = Spelling.nearest(to: text, among: queues.map(\.text)).map { "Did you mean \($0)? " } ?? ""
    throw ValueRefusal("is not a queue. \(hint)Known queues: \(known)")
  }
}
