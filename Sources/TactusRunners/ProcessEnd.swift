import TactusLinux
import TactusModel
import TactusPorts

extension ProcessRunner {
  /// The main process of an attempt has ended: reaps it, and settles the attempt if nothing else is left.
  func mainEnded(_ run: ProcessRun) {
    guard let main = run.main else { return }
    // Before the reaping, as long as the pid, the group and the session are certainly those of the attempt.
    if !run.isStopping { run.tree.mainEnded() }
    guard let exit = main.handle.reap() else { return }
    let watches = try? watches()  // they are open: the process is registered there
    watches?.remove(main.token)
    main.handle.close()
    children[main.handle.process] = nil
    run.ended(exit, at: time.now, time.monotonic)
    run.tree.mainReaped()
    settle(run)
    if !run.isStopping { tellExit(run) }
  }

  /// Looks whether the main process has ended of which nobody has told yet.
  func examine(_ run: ProcessRun) {
    if let main = run.main, main.handle.hasEnded { mainEnded(run) } else if !run.isStopping { tellExit(run) }
  }

  /// Tells that an attempt has ended whose rest or output still takes a while.
  private func tellExit(_ run: ProcessRun) {
    if run.exit != nil, runs[run.id] === run { run.events(.exited) }
  }

  /// Ends an attempt of which nothing is left; otherwise waits for what is.
  func settle(_ run: ProcessRun) {
    guard !run.isOver else { return }
    if run.main == nil, run.tree.isGone() {
      run.isOver = true
      // They are open: the process was registered there.
      if let group = run.tree.remainder, let watches = try? watches() {
        leftGroups.add(group, of: run.id, watches: watches)
      }
      run.output.finish(at: time.now)
      deliver(run)
      tellExit(run)
    } else if run.tree.awaitsCensus {
      seek(run)
    }
  }

  /// Keeps the wish for a look at all processes until those posted right after it have come as well.
  private func seek(_ run: ProcessRun) {
    if sought.isEmpty { post { $0.survey() } }
    sought.insert(run.id)
  }

  /// Looks once at all processes, for every attempt that wants it.
  ///
  /// One look in a turn, so that other work of the queue gets between two looks.
  private func survey() {
    let runs = sought.sorted().compactMap { self.runs[$0] }.filter { !$0.isOver && $0.tree.awaitsCensus }
    sought = []
    guard !runs.isEmpty else { return }
    let survey = ProcessSurvey(except: children.keys)
    surveys += 1
    for run in runs {
      run.tree.look(at: survey)
      settle(run)
    }
  }

  /// Hands what was read to the sink, and tells the end when everything was handed over and answered.
  func deliver(_ run: ProcessRun) {
    if let (lines, bytes) = run.output.takeLines() {
      let id = run.id
      sink.append(lines, to: id) { [weak self] stored in
        self?.post { $0.answered(id, bytes, stored: stored) }
      }
    }
    guard run.isOver, run.output.isAnswered, runs.removeValue(forKey: run.id) != nil else { return }
    if run.hasCredentials { credentials.remove(run.id) }
    run.events(.ended(run.ending, run.report))
  }

  private func answered(_ id: JobID, _ bytes: Int, stored: Bool) {
    guard let run = runs[id] else { return }
    run.output.answered(bytes, stored: stored)
    deliver(run)
  }
}
