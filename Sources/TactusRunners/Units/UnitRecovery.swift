import Glibc
import TactusLinux
import TactusModel
import TactusPorts
import TactusSystemd

/// Finds out what became of units of an earlier daemon.
extension UnitRunner {
  func inquire(
    _ remnant: Remnant, _ events: @escaping @Sendable (RunnerEvent) -> Void,
    _ answer: @escaping @Sendable (Found) -> Void
  ) {
    guard runs[remnant.id] == nil else { fatalError("the unit of \(remnant.id) is to be recovered while it runs") }
    let pipes = UnitPipes(directory: settings.pipes, id: remnant.id)
    // Without a boot id no claim can be of this boot. An unreadable /proc would also show no process.
    let boot = try? Machine.bootID()
    let hasPipes = pipes.exist
    // Somebody may have removed the pipes while the unit runs, so systemd is asked anyway. It is not asked if it is
    // silent and no fact suggests a unit: a claim of a daemon without systemd would wait for its answer forever.
    guard remnant.bootID == boot, hasPipes || remnant.facts?.runner == .systemd || isConnected else {
      pipes.remove()
      return answer(.gone)
    }
    let run = UnitRun(remnant.id, pipes: pipes, events: events)
    run.inquiry = (answer, remnant.status == .running, hasPipes)
    run.timeout = remnant.facts?.timeout
    runs[run.id] = run
    look(run)
    guard !isConnected else { return }
    later(.seconds(3)) { [id = run.id] runner in
      guard !runner.isConnected, let run = runner.live(id), run.inquiry != nil, !run.isUnverified else { return }
      run.isUnverified = true
      run.events(.silent("systemd does not answer"))
    }
  }

  /// Handles systemd's answer about the unit of an earlier daemon.
  func found(_ run: UnitRun, _ state: UnitState) {
    guard let inquiry = run.inquiry else { return }
    if state.isKept, state.fields[UnitOrder.Field.store] == settings.storeID {
      run.state = state
      return adopt(run)
    }
    // The unit is about to start, or about to be forgotten.
    if state.exists, run.looks < 20 {
      run.looks += 1
      return later(.milliseconds(100)) { [id = run.id] runner in if let run = runner.live(id) { runner.look(run) } }
    }
    run.inquiry = nil
    forget(run)
    // The pipes were created, but systemd never had the unit, or the unit has ended and is forgotten.
    inquiry.answer(inquiry.wasRunning || !inquiry.hadPipes ? .gone : .unstarted)
  }

  /// Adopts a unit, and continues its output where it stopped.
  private func adopt(_ run: UnitRun) {
    let id = run.id
    stored.extent(of: id) { result in
      self.post { runner in
        guard let run = runner.live(id), let inquiry = run.inquiry else { return }
        do {
          let fields = run.state.fields
          let limit = fields[UnitOrder.Field.logLimit].flatMap { Int64($0) } ?? 0
          let (watches, view) = try runner.descriptors()
          let stored = try result.get()
          do {
            run.output = try UnitOutput(of: run.pipes, stored: stored, limit: limit, watches: watches, view: view)
          } catch let error as SystemError where Self.isLost(error) {
            run.storedBefore = stored.values.reduce(0, +)
            runner.reportLostOutput(of: run, error)
          }
          run.killMode = fields[UnitOrder.Field.killMode].flatMap(KillMode.init) ?? .controlGroup
          run.timeout = fields[UnitOrder.Field.timeout].flatMap { Int64($0) }.map { .microseconds($0) }
        } catch {
          // Descriptors, memory or the store are short. The caller does not wait for that, and the row says that the
          // job is not followed.
          if !run.isUnverified {
            run.isUnverified = true
            run.events(.silent("its unit cannot be adopted yet: \(error)"))
          }
          return runner.later(.seconds(1)) { runner in if let run = runner.live(id) { runner.look(run) } }
        }
        if run.isUnverified {
          run.isUnverified = false
          run.events(.answered)
        }
        (run.inquiry, run.isCreated, run.isReported, run.isStartOver) = (nil, true, true, true)
        run.pipes.forbidStart()
        let facts = run.facts(at: runner.time.now)
        inquiry.answer(run.state.isOver ? .ended(facts) : .adopted(facts))
        for stream in OutputStream.allCases { runner.pump(run, stream) }
        runner.look(run)
      }
    }
  }

  /// Whether the pipes are permanently unreachable.
  ///
  /// Otherwise descriptors or memory are short for a moment.
  private static func isLost(_ error: SystemError) -> Bool {
    [ENOENT, ENOTDIR, EISDIR, EACCES, EPERM, ELOOP, EROFS].contains(error.code)
  }

  private func reportLostOutput(of run: UnitRun, _ error: SystemError) {
    journal.report(
      JournalEntry(
        .unitOutputLost,
        "\(run.unit) continues, but its further output is lost (\(error)). After 64 KiB of it, the job waits forever. "
          + "Run tactusctl cancel \(run.id) to end it", fields: [.job: "\(run.id)"]))
  }

  /// Removes this store's units and pipes that belong to no attempt: their end is durable, or they never started.
  func sweep() {
    guard isToBeSwept, isConnected else { return }
    isToBeSwept = false
    bus.units(matching: "tactus-*.service") { result in
      self.assumeIsolated { runner in
        guard case .success(let units) = result else {
          runner.isToBeSwept = true
          return
        }
        for id in units.compactMap(UnitOrder.job(of:)) where runner.runs[id] == nil { runner.examineStray(id) }
        let there = Set(units.compactMap(UnitOrder.job(of:)))
        for id in UnitPipes.owners(in: runner.settings.pipes) where runner.runs[id] == nil && !there.contains(id) {
          UnitPipes(directory: runner.settings.pipes, id: id).remove()
        }
      }
    }
  }

  private func examineStray(_ id: JobID) {
    bus.state(of: UnitOrder.name(of: id)) { result in
      self.assumeIsolated { runner in
        guard case .success(let state) = result, runner.runs[id] == nil,
          state.fields[UnitOrder.Field.store] == runner.settings.storeID
        else { return }
        runner.owed.insert(id)
        runner.removeUnit(of: id)
      }
    }
  }
}
