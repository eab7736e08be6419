import Glibc
import TactusLinux
import TactusModel
import TactusPorts
import TactusSystemd

/// From the end of the main process to the report of the end.
extension UnitRunner {
  /// Handles the end of the main process, or its failure to start: ends the remaining processes and reads the output.
  func mainEnded(_ run: UnitRun) {
    guard !run.hasEnded else { return }
    run.hasEnded = true
    guard let group = group(of: run), group.isPopulated else { return drain(run) }
    if !run.isStopping {
      // systemd keeps the unit and its group until the remaining processes have ended.
      guard run.killMode == .controlGroup else { return drain(run) }
      run.endedProcesses = group.processes.count
      send(.kill, to: run)
    }
    watchRest(of: run, in: group)
    if !run.isStopping { reportExit(run) }
  }

  /// Asks systemd about a unit whose time-out has passed.
  ///
  /// Its signal about the end may be delayed or lost.
  func examine(_ id: JobID, _ answer: @escaping @Sendable () -> Void) {
    guard let run = live(id), !run.hasEnded else {
      if let run = live(id), !run.isStopping { reportExit(run) }
      return answer()
    }
    bus.state(of: run.unit, within: Self.patienceToExamine) { result in
      self.assumeIsolated { runner in
        if let run = runner.live(id), run.inquiry == nil, case .success(let state) = result, state.isKept, state.isOver
        {
          run.state = state
          runner.mainEnded(run)
        }
        answer()
      }
    }
  }

  private static let patienceToExamine: Duration = .seconds(5)

  /// Reports the exit of the main process, before leftover processes and output are handled.
  ///
  /// One that could not start reports only its end.
  private func reportExit(_ run: UnitRun) {
    if run.isReported, !run.isOver { run.events(.exited) }
  }

  /// The control group of the unit; nil if it has none.
  func group(of run: UnitRun) -> ControlGroup? {
    guard !run.state.controlGroup.isEmpty, let root = ControlGroup.root() else { return nil }
    return ControlGroup(at: "\(root.path)\(run.state.controlGroup)")
  }

  private func watchRest(of run: UnitRun, in group: ControlGroup) {
    do {
      let watches = try descriptors().watches
      let descriptor = try group.open("cgroup.events", O_RDONLY)
      do { run.rest = (group, descriptor, try watches.add(descriptor, for: .priority, as: .rest(run.id))) } catch {
        Descriptor.close(descriptor)
        throw error
      }
      // Checked again, because the last process may have ended between the check and the watch.
      restChanged(run)
    } catch {
      // The group is gone, or no descriptor is left. Then the processes get no grace.
      send(.kill, to: run)
      drain(run)
    }
  }

  func restChanged(_ run: UnitRun) {
    guard let rest = run.rest else { return }
    // Reading the file acknowledges the change to the kernel (kernfs, cgroups(7) "cgroup.events").
    var byte: UInt8 = 0
    _ = pread(rest.descriptor, &byte, 1, 0)
    guard !rest.group.isPopulated else { return }
    forgetRest(of: run)
    drain(run)
  }

  func forgetRest(of run: UnitRun) {
    guard let rest = run.rest else { return }
    run.rest = nil
    // The watches are open: the group is registered there.
    if let watches = try? descriptors().watches { watches.remove(rest.token) }
    Descriptor.close(rest.descriptor)
  }

  /// Reads the rest of the output, because no process of the unit runs any more.
  private func drain(_ run: UnitRun) {
    // Checked before any bytes are taken out.
    run.wasHeard = hasOutput(run)
    run.output?.finish()
    for stream in OutputStream.allCases { pump(run, stream) }
    reportEnd(run)
    reportExit(run)
  }

  /// Hands the sink the output of a stream, one piece at a time.
  ///
  /// - Parameter looks: how often an unfinished line has been looked at.
  func pump(_ run: UnitRun, _ stream: OutputStream, looks: Int = 0) {
    guard let output = run.output else { return }
    settings.disk(true)
    defer { settings.disk(false) }
    guard let piece = output.take(stream, at: time.now, isLate: looks == Self.pauses.count) else {
      if output.isHolding(stream) { lookAgain(run, stream, looks: looks) }
      return
    }
    let id = run.id
    sink.append(piece.lines, to: id) { [weak self] isStored in
      self?.post { runner in
        guard let run = runner.live(id) else { return }
        runner.settings.disk(true)
        run.output?.answered(piece, isStored: isStored)
        runner.settings.disk(false)
        runner.pump(run, stream)
        runner.reportEnd(run)
      }
    }
  }

  /// The pauses before an unfinished line is looked at again.
  ///
  /// The first is short, for a writer that blocks in the middle of a large write. The second gives the rest of the line
  /// time to arrive.
  private static let pauses: [Duration] = [.milliseconds(2), .milliseconds(100)]

  private func lookAgain(_ run: UnitRun, _ stream: OutputStream, looks: Int) {
    guard run.watched.insert(stream).inserted else { return }
    // Bytes that arrived after the last look begin a new line.
    let looks = looks == Self.pauses.count ? 0 : looks
    later(Self.pauses[looks]) { [id = run.id] runner in
      guard let run = runner.live(id) else { return }
      run.watched.remove(stream)
      runner.pump(run, stream, looks: looks + 1)
    }
  }

  private func reportEnd(_ run: UnitRun) {
    guard run.hasEnded, run.rest == nil, run.output?.isComplete != false, !run.isOver else { return }
    run.isOver = true
    var report = run.state.report
    report.logBytes = run.output?.storedBytes ?? run.storedBefore
    report.logDroppedBytes = run.output?.droppedBytes ?? 0
    report.endedProcesses = run.endedProcesses
    let ending = run.state.ending(wasHeard: run.wasHeard)
    if case .failed(.validationError, _) = ending { report.exitCode = nil }
    run.events(.ended(ending, report))
  }
}
