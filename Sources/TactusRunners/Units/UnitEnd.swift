import Glibc
import TactusLinux
import TactusModel
import TactusPorts
import TactusSystemd

/// From the end of the main process to the told end.
extension UnitRunner {
  /// The main process has ended, or could not be started: what it left is ended, and its output is read.
  func mainEnded(_ run: UnitRun) {
    guard !run.hasEnded else { return }
    run.hasEnded = true
    guard let group = group(of: run), group.isPopulated else { return drain(run) }
    if !run.isStopping {
      // systemd keeps the unit and its group until what is left of it has ended.
      guard run.killMode == .controlGroup else { return drain(run) }
      run.endedProcesses = group.processes.count
      send(.kill, to: run)
    }
    watchRest(of: run, in: group)
    if !run.isStopping { tellExit(run) }
  }

  /// Asks systemd about a unit whose time-out has passed: what it signaled may still be on its way, or lost.
  func examine(_ id: JobID, _ answer: @escaping @Sendable () -> Void) {
    guard let run = live(id), !run.hasEnded else {
      if let run = live(id), !run.isStopping { tellExit(run) }
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

  /// Tells that an attempt has ended whose rest or output still takes a while; of one that could not start there is only the end.
  private func tellExit(_ run: UnitRun) {
    if run.isTold, !run.isOver { run.events(.exited) }
  }

  /// The group of what is left; nil if nothing is.
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
      // Once more, because the last process may have ended between the look and the watching.
      restChanged(run)
    } catch {
      // The group is gone by now, or there is no descriptor to spare: it gets no grace.
      send(.kill, to: run)
      drain(run)
    }
  }

  func restChanged(_ run: UnitRun) {
    guard let rest = run.rest else { return }
    // The read makes the change known to the kernel as seen (kernfs, cgroups(7) "cgroup.events").
    var byte: UInt8 = 0
    _ = pread(rest.descriptor, &byte, 1, 0)
    guard !rest.group.isPopulated else { return }
    forgetRest(of: run)
    drain(run)
  }

  func forgetRest(of run: UnitRun) {
    guard let rest = run.rest else { return }
    run.rest = nil
    // They are open: the group is registered there.
    if let watches = try? descriptors().watches { watches.remove(rest.token) }
    Descriptor.close(rest.descriptor)
  }

  /// Nothing of it runs any more: what is in the pipes is all.
  private func drain(_ run: UnitRun) {
    // Looked at before anything is taken out.
    run.wasHeard = hasOutput(run)
    run.output?.finish()
    for stream in OutputStream.allCases { pump(run, stream) }
    tellEnd(run)
    tellExit(run)
  }

  /// Hands the sink what a stream has; one piece at a time.
  /// - Parameter looks: how often the beginning of a line was looked at since it was alone.
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
        runner.tellEnd(run)
      }
    }
  }

  /// After how long the beginning of a line is looked at again: soon, for a writer that waits in the middle of a large write; and once
  /// more, when the rest of the line had its time to come.
  private static let pauses: [Duration] = [.milliseconds(2), .milliseconds(100)]

  private func lookAgain(_ run: UnitRun, _ stream: OutputStream, looks: Int) {
    guard run.watched.insert(stream).inserted else { return }
    // Bytes that came after the last look begin a line of their own.
    let looks = looks == Self.pauses.count ? 0 : looks
    later(Self.pauses[looks]) { [id = run.id] runner in
      guard let run = runner.live(id) else { return }
      run.watched.remove(stream)
      runner.pump(run, stream, looks: looks + 1)
    }
  }

  private func tellEnd(_ run: UnitRun) {
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
