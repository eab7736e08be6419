import TactusModel
import TactusProtocol
import TactusTransport

/// Jobs as people name them: by an id, by the end of one, or by the workflow of which they are the newest.
///
/// No name is a whole id. One such as `facade` looks like the end of an id: that is what it is, if there is such a job.
extension Invocation {
  /// Does something with the job that an operand names.
  /// - Parameter newest: says which one it was, where the operand is the name of a workflow.
  func withJob<Value>(
    _ operand: String, newest: (_ id: String) -> String,
    _ body: (_ id: String) throws -> Value
  ) throws -> Value {
    if JobID(operand) != nil { return try body(operand) }
    if operand.isEndOfJobID {
      do {
        return try body(operand)
      } catch ControlError.failed(.notFound) where isWorkflow(operand) {
        // Then it is a name.
      }
    }
    let id = try newestJob(of: operand)
    if isTalkative { console.complain(newest(id)) }
    return try body(id)
  }

  /// Refuses the names of workflows where only jobs are meant: what to wait for, or to end, is not guessed.
  func expectJobs(_ operands: [String]) throws(Complaint) {
    for operand in operands where !operand.isJob && WorkflowName(operand) != nil {
      throw .usage(
        "\(operand) is no id of a job; of a workflow of that name "
          + "tactusctl list-jobs \(operand) --status=PENDING,QUEUED,RUNNING shows those that have not ended")
    }
  }

  private func isWorkflow(_ name: String) -> Bool {
    guard WorkflowName(name) != nil else { return false }
    // Whatever goes wrong here: that there is no such job is told.
    return (try? connect().call(GetWorkflow(name: name, definition: false))) != nil
  }

  /// The job of a workflow that was started last, or failed to be; with nothing of the kind the one that was made last.
  private func newestJob(of name: String) throws -> String {
    guard WorkflowName(name) != nil else {
      throw Complaint.usage("\(name) is neither a job's id nor its end (6 characters or more) nor a workflow's name")
    }
    do {
      return try connect().call(GetJob(newestOf: name)).job.id
    } catch ControlError.failed(.notFound("job", _, _)) {
      throw Complaint("there is no job of \(name) yet; tactusctl run \(name) makes one", .notFound)
    } catch ControlError.failed(.notFound) where name.isTooShort {
      throw Complaint("no workflow \(name), and of a job's id at least 6 characters are needed", .notFound)
    }
  }
}

extension String {
  /// Whether it can only be meant as the id of a job, or as the end of one.
  fileprivate var isJob: Bool { JobID(self) != nil || isEndOfJobID }

  /// Whether it looks like the end of an id, and is too short for one.
  fileprivate var isTooShort: Bool { allSatisfy(\.isHexDigit) && count < 6 }
}
