import TactusModel
import TactusProtocol
import TactusTransport

/// Finds jobs as people name them: by an id, by the end of an id, or by the workflow, for its newest job.
///
/// No name is a whole id. A name such as `facade` also looks like the end of an id. If such a job exists, it is meant.
extension Invocation {
  /// Runs a body with the job that an operand names.
  ///
  /// - Parameter newest: returns the note that names the job, if the operand is the name of a workflow.
  func withJob<Value>(
    _ operand: String, newest: (_ id: String) -> String,
    _ body: (_ id: String) throws -> Value
  ) throws -> Value {
    if JobID(operand) != nil { return try body(operand) }
    if operand.isEndOfJobID {
      do {
        return try body(operand)
      } catch ControlError.failed(.notFound) where isWorkflow(operand) {
        // No job has this id, so the operand is a name.
      }
    }
    let id = try newestJob(of: operand)
    if isTalkative { console.complain(newest(id)) }
    return try body(id)
  }

  /// Refuses names of workflows for verbs that wait for jobs or end them: these never guess the job.
  func expectJobs(_ operands: [String]) throws(Complaint) {
    for operand in operands where !operand.isJob && WorkflowName(operand) != nil {
      throw .usage(
        "\(operand) is not a job id. Run tactusctl list-jobs \(operand) --status=PENDING,QUEUED,RUNNING to list the "
          + "open jobs of a workflow.")
    }
  }

  private func isWorkflow(_ name: String) -> Bool {
    guard WorkflowName(name) != nil else { return false }
    // Any failure here counts as no: the caller then reports that the job does not exist.
    return (try? connect().call(GetWorkflow(name: name, definition: false))) != nil
  }

  /// Returns the job of a workflow that started, or failed to start, last; else the job that was created last.
  private func newestJob(of name: String) throws -> String {
    guard WorkflowName(name) != nil else {
      throw Complaint.usage(
        "\(name) is neither a job id, nor the end of one (6 characters or more), nor a workflow name")
    }
    do {
      return try connect().call(GetJob(newestOf: name)).job.id
    } catch ControlError.failed(.notFound("job", _, _)) {
      throw Complaint("\(name) has no jobs yet. Run tactusctl run \(name) to start one.", .notFound)
    } catch ControlError.failed(.notFound) where name.isTooShort {
      throw Complaint("no workflow \(name), and the end of a job id needs at least 6 characters", .notFound)
    }
  }
}

extension String {
  /// Whether it has the form of a job id, or of the end of one.
  fileprivate var isJob: Bool { JobID(self) != nil || isEndOfJobID }

  /// Whether it looks like the end of an id, but is too short.
  fileprivate var isTooShort: Bool { allSatisfy(\.isHexDigit) && count < 6 }
}
