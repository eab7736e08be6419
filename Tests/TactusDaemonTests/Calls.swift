import Foundation
import TactusModel
import TactusProtocol
import TactusTestSupport
import TactusTransport

/// The calls of tests to a daemon, each on its own connection.
extension RunningDaemon {
  /// Calls a method.
  @discardableResult
  func call<R: Request>(_ request: R) async throws -> R.Reply {
    let path = socket
    return try await blocking("\(R.method) is answered") { try ControlClient(path: path).call(request) }
  }

  /// Creates a manual job and returns its id.
  func run(_ name: String, at instant: String? = nil) async throws -> String {
    try await call(RunWorkflow(name: name, scheduledAt: instant)).jobID
  }

  /// A job by its id.
  func job(_ id: String) async throws -> WireJob { try await call(GetJob(id: id)).job }

  /// The jobs of a workflow, oldest planned first.
  func jobs(_ name: String, _ status: JobStatus...) async throws -> [WireJob] {
    try await call(ListJobs(status: status.isEmpty ? nil : status, workflow: name, limit: 1000)).jobs
      .sorted { ($0.nominalAt ?? $0.createdAt) < ($1.nominalAt ?? $1.createdAt) }
  }

  /// A workflow by its name.
  func workflow(_ name: String) async throws -> WireWorkflow { try await call(GetWorkflow(name: name)).workflow }

  /// Waits until a job has ended, and returns it.
  func ended(_ id: String, within limit: Duration = patience) async throws -> WireJob {
    try await eventually("job \(id) ends", within: limit) {
      let job = try await job(id)
      return job.status.isTerminal ? job : nil
    }
  }

  /// Waits until a job is running, and returns it.
  func running(_ id: String) async throws -> WireJob {
    try await eventually("job \(id) runs") {
      let job = try await job(id)
      return job.status == .running ? job : nil
    }
  }

  /// Creates a manual job and waits for its end.
  func outcome(of name: String) async throws -> WireJob { try await ended(run(name)) }

  /// Waits until a workflow meets a condition, and returns it.
  func workflow(_ name: String, when isWanted: (WireWorkflow) -> Bool) async throws -> WireWorkflow {
    try await eventually("workflow \(name) meets the condition") {
      let workflow = try await workflow(name)
      return isWanted(workflow) ? workflow : nil
    }
  }

  /// Waits until at least `count` jobs of a workflow have a status, and returns these jobs.
  func jobs(_ name: String, _ status: JobStatus, atLeast count: Int) async throws -> [WireJob] {
    try await eventually("\(count) jobs of \(name) are \(status.rawValue)") {
      let jobs = try await jobs(name, status)
      return jobs.count >= count ? jobs : nil
    }
  }

  /// Waits until a file below the directory is not empty, and returns its text.
  func text(of file: String) async throws -> String {
    try await eventually("something is written to \(file)") {
      let text = read(file)
      return text.isEmpty ? nil : text
    }
  }

  /// Waits until the daemon's log contains a text, and returns the log.
  @discardableResult
  func log(with text: String) async throws -> String {
    try await eventually("the log contains: \(text)") { complaints.contains(text) ? complaints : nil }
  }

  /// The daemon's log, with every line that was logged before this call.
  func log() async throws -> String {
    let name = "nothing-\(UUID().uuidString.lowercased())"
    // The daemon logs this refused call after all earlier lines.
    _ = try? await call(TerminateWorkflow(name: name))
    return try await log(with: "terminate \(name)")
  }

  /// The stored output of a job.
  func output(of id: String) async throws -> [ReadLogs.Reply] {
    let path = socket
    return try await blocking("the output of \(id)") {
      var lines: [ReadLogs.Reply] = []
      try ControlClient(path: path).stream(ReadLogs(id: id)) { lines.append($1) }
      return lines
    }
  }

  /// Sends bytes as they are and returns the first reply's error.
  func refusal(of bytes: [UInt8]) async throws -> CallFailure? {
    let path = socket
    return try await blocking("bytes are answered") {
      let client = try ControlClient(path: path)
      do throws(ControlError) {
        try client.send(bytes: bytes)
        client.finishSending()
        _ = try client.receive()
        return nil
      } catch {
        guard case .failed(let failure) = error else { throw error }
        return failure
      }
    }
  }
}
