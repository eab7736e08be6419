import TactusLinux
import TactusModel
import TactusPorts

extension ProcessRunner {
  /// Handles the end of an attempt's main process: reaps it, and settles the attempt if nothing else is left.
  func mainEnded(_ run: ProcessRun) {
    guard let main = run.main else { return }
    // Before the process is reaped, while its pid, group and session certainly belong to the attempt.
    if !run.isStopping { run.tree.mainEnded() }
    guard let exit = main.handle.reap() else { return }
    let watches = try? watches()  // open, because the process is registered there
    watches?.remove(main.token)
    main.handle.close()
    children[main.handle.process] = nil
    run.ended(exit, at: time.now, time.monotonic)
    run.tree.mainReaped()
    settle(run)
    if !run.isStopping { reportExit(run) }
  }

  /// Checks whether the main process has ended without the kernel having reported it yet.
  func examine(_ run: ProcessRun) {
    if let main = run.main, main.handle.hasEnded { mainEnded(run) } else if !run.isStopping { reportExit(run) }
  }

  /// Reports that an attempt has ended while its remaining processes or its output still take a while.
  private func reportExit(_ run: ProcessRun) {
    if run.exit != nil, runs[run.id] === run { run.events(.exited) }
  }

  /// Ends an attempt when nothing of it is left.
  ///
  /// Otherwise waits for the rest.
  func settle(_ run: ProcessRun) {
    guard !run.isOver else { return }
    if run.main == nil, run.tree.isGone() {
      run.isOver = true
      // The watches are open: the process was registered there.
      if let group = run.tree.remainder, let watches = try? watches() {
        leftGroups.add(group, of: run.id, watches: watches)
      }
      run.output.finish(at: time.now)
      deliver(run)
      reportExit(run)
    } else if run.tree.awaitsCensus {
      seek(run)
    }
  }

  /// Delays the census until requests posted right after this one have arrived, so that one serves all.
  private func seek(_ run: ProcessRun) {
    if sought.isEmpty { post { $0.survey() } }
    sought.insert(run.id)
  }

  /// Takes one census of all processes, for every attempt that needs it.
  ///
  /// One census per turn lets other work of the queue run between two of them.
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

  /// Hands the lines to the sink.
  ///
  /// Reports the end when the sink has answered for all of them.
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
