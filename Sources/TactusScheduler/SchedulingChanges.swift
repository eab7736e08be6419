public import TactusModel
public import TactusPorts

/// The changes that people and files request.
///
/// Any queue. Each is answered on any queue after it is durable. Before the start-up is complete and once a stop has
/// begun, all but cancel and abandon are refused as unavailable.
extension SchedulingWorker: Scheduling, Planning {
  /// The number of definitions that one transaction loads, so that a large reload does not delay due jobs.
  static let loadBatch = 250

  /// Realigns the plan with the clock, loads the definitions of files, recovers the jobs of the last daemon, and begins
  /// to release.
  ///
  /// Called once. `remnants` receives the claimed and running rows before any job is enqueued.
  public nonisolated func open(
    _ definitions: [(name: WorkflowName, definition: Definition)], present: Set<WorkflowName>?,
    execution: any Execution, alarms: any AlarmSource, remnants: @escaping @Sendable ([Remnant]) -> Void,
    answer: @escaping Answer<Loaded>
  ) {
    post { worker in
      worker.execution = execution
      worker.ledger.realign(at: worker.time.now) { result in
        if case .failure(let failure) = result { return answer(.failure(failure)) }
        worker.post { worker in
          worker.loadParts(definitions[...], present: present, into: Loaded()) { loaded in
            guard case .success = loaded else { return answer(loaded) }
            worker.post { worker in worker.recover(alarms, remnants) { answer($0.flatMap { _ in loaded }) } }
          }
        }
      }
    }
  }

  private func recover(
    _ alarms: any AlarmSource, _ remnants: @escaping @Sendable ([Remnant]) -> Void, answer: @escaping Answer<Bool>
  ) {
    ledger.recover(at: time.now) { result in
      self.post { worker in
        switch result {
        case .success(let recovered):
          remnants(recovered.remnants)
          worker.begin(recovered, alarms: alarms)
          worker.follow(recovered.change)
          answer(.success(true))
        case .failure(let failure): answer(.failure(failure))
        }
      }
    }
  }

  /// Stops releasing; answers when all writes of this worker are done.
  public nonisolated func close(answer: @escaping @Sendable () -> Void) {
    post { worker in
      worker.end()
      // All writes that were posted before are answered before this one.
      worker.ledger.remnants { _ in answer() }
    }
  }

  /// Creates or edits a workflow for the socket.
  public nonisolated func apply(
    _ definition: Definition, to name: WorkflowName, dryRun: Bool, answer: @escaping Answer<Applied>
  ) {
    change(answer) { worker, answer in
      worker.ledger.apply(definition, to: name, origin: .socket, dryRun: dryRun, at: worker.time.now) { result in
        if !dryRun, case .success(let applied) = result { worker.post { $0.follow(applied.change) } }
        answer(result)
      }
    }
  }

  /// Applies the definitions of files; `present` has every name in the listing.
  public nonisolated func load(
    _ definitions: [(name: WorkflowName, definition: Definition)], present: Set<WorkflowName>?,
    answer: @escaping Answer<Loaded>
  ) {
    change(answer) { worker, answer in
      worker.loadParts(definitions[...], present: present, into: Loaded(), answer: answer)
    }
  }

  private func loadParts(
    _ rest: ArraySlice<(name: WorkflowName, definition: Definition)>, present: Set<WorkflowName>?, into sum: Loaded,
    answer: @escaping Answer<Loaded>
  ) {
    let part = rest.prefix(Self.loadBatch)
    let isLast = part.count == rest.count
    ledger.load(Array(part), present: isLast ? present : nil, at: time.now) { result in
      self.post { worker in
        guard case .success(let loaded) = result else { return answer(result) }
        worker.follow(loaded.change)
        let sum = sum.adding(loaded)
        if isLast { return answer(.success(sum)) }
        worker.loadParts(rest.dropFirst(part.count), present: present, into: sum, answer: answer)
      }
    }
  }

  /// Creates a MANUAL job.
  public nonisolated func run(_ request: RunRequest, answer: @escaping Answer<JobID>) {
    change(answer) { worker, answer in
      let now = worker.time.now
      if case .at(let instant) = request.start, let fault = ManualStart.fault(of: instant, now: now) {
        return answer(.failure(.invalid(.scheduledAt, fault)))
      }
      worker.ledger.run(request, at: now) { result in
        if case .success(let made) = result { worker.post { $0.follow(made.change) } }
        answer(result.map(\.id))
      }
    }
  }

  /// Gives a held job a start time, or a scheduled job another one.
  public nonisolated func schedule(_ id: JobID, for instant: Instant, answer: @escaping Answer<PlanChange>) {
    change(answer) { worker, answer in
      let now = worker.time.now
      if let fault = ManualStart.fault(of: instant, now: now) {
        return answer(.failure(.invalid(.at, fault)))
      }
      worker.ledger.schedule(id, for: instant, at: now) { result in
        if case .success(let change) = result { worker.post { $0.follow(change) } }
        answer(result)
      }
    }
  }

  /// Deletes a terminated workflow, which frees its name.
  public nonisolated func delete(_ name: WorkflowName, answer: @escaping Answer<Bool>) {
    change(answer) { worker, answer in worker.ledger.delete(name, at: worker.time.now, answer: answer) }
  }

  /// Terminates a workflow.
  public nonisolated func terminate(_ name: WorkflowName, cancelRunning: Bool, answer: @escaping Answer<PlanChange>) {
    change(answer) { worker, answer in
      worker.ledger.terminate(name, cancelRunning: cancelRunning, at: worker.time.now) { result in
        if case .success(let change) = result { worker.post { $0.follow(change) } }
        answer(result)
      }
    }
  }

  /// Resumes a workflow.
  public nonisolated func resume(_ name: WorkflowName, answer: @escaping Answer<PlanChange>) {
    change(answer) { worker, answer in
      worker.ledger.resume(name, at: worker.time.now) { result in
        if case .success(let change) = result { worker.post { $0.follow(change) } }
        answer(result)
      }
    }
  }

  /// Cancels a job in any non-terminal status, also while the daemon stops.
  public nonisolated func cancel(_ id: JobID, answer: @escaping Answer<PlanChange>) {
    post { worker in
      worker.ledger.cancel(id, at: worker.time.now) { result in
        if case .success(let change) = result { worker.post { $0.follow(change) } }
        answer(result)
      }
    }
  }

  /// Ends a job as LOST whose provider does not answer, also while the daemon stops.
  public nonisolated func abandon(_ id: JobID, answer: @escaping Answer<Ended>) {
    post { worker in
      worker.ledger.abandon(id, at: worker.time.now) { result in
        if case .success(let ended) = result {
          worker.post { $0.follow(ended.change) }
          if let workflow = ended.waiting { worker.ended(workflow) }
        }
        answer(result)
      }
    }
  }

  private nonisolated func change<Value>(
    _ answer: @escaping Answer<Value>,
    _ body: @escaping @Sendable (isolated SchedulingWorker, @escaping Answer<Value>) -> Void
  ) {
    post { worker in
      guard worker.isOpen else {
        return answer(.failure(.unavailable(.starting)))
      }
      body(worker, answer)
    }
  }

  // MARK: Notices from the execution worker

  /// Implements ``Scheduling``.
  public nonisolated func ended(_ workflow: WorkflowID) { post { $0.note(ended: workflow) } }

  /// Implements ``Scheduling``.
  public nonisolated func roomMade(in queue: QueueName) { post { $0.note(roomIn: queue) } }

  /// Implements ``Scheduling``.
  public nonisolated func follow(change: PlanChange) { post { $0.follow(change) } }
}

extension Loaded {
  func adding(_ other: Loaded) -> Loaded {
    var sum = self
    sum.created += other.created
    sum.changed += other.changed
    sum.terminatedReasons.merge(other.terminatedReasons) { _, new in new }
    sum.removed += other.removed
    sum.refused.merge(other.refused) { _, new in new }
    sum.change = other.change
    return sum
  }
}
