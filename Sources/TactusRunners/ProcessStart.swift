import Glibc
import TactusLinux
import TactusModel
import TactusPorts

extension ProcessRunner {
  /// Describes why a command could not be started and what prevented it.
  func sentence(of failure: Spawner.Failure) -> String {
    if failure.cause.code == ENOEXEC {
      if let fault = ScriptFault.of(failure.cause.subject) { return "\(failure), because \(fault.sentence)" }
      return
        "\(failure). It is neither a program for this machine nor a script with an interpreter line such as #!/bin/sh"
    }
    guard failure.cause.code == EACCES else { return failure.description }
    let account: Account? = if case .account(let account) = user.choice { account } else { nil }
    let name = account?.name ?? Account.name(of: geteuid())
    let obstacle =
      failure.obstacle.map { ", because \($0.sentence(for: name))" }
      ?? ". The modes on its path allow it. Check access control lists, security modules and the interpreter of a "
      + "script"
    return "\(failure)\(obstacle)" + (account == nil ? "" : ". Set Runner=systemd and User= to run it as another user")
  }

  /// Creates everything that a child needs.
  ///
  /// - Throws: ``DefinitionFault`` or ``SystemError``. Everything is released first.
  func prepare(_ launch: Launch) throws -> (Spawner.Order, ProcessSetup) {
    let (id, command) = (launch.id, launch.command)
    let watches = try watches()
    let surroundings = try surroundings(of: launch.order, command, launch.inputs)
    let secrets = command.credentials.isEmpty ? nil : (credentials, id)
    let group: ControlGroup?
    do {
      group = try root?.makeChild("tactus-\(id)")
      do { try enforce(command.limits, on: group, of: launch.order.workflow) } catch {
        _ = group?.remove()
        throw error
      }
    } catch {
      if secrets != nil { credentials.remove(id) }
      throw error
    }
    let setup = try ProcessSetup(
      group: group, isShared: surroundings.account != nil, isMerged: command.mergesOutput, secrets: secrets,
      watches: watches)
    var order = Spawner.Order(
      arguments: command.arguments, environment: surroundings.environment, directory: surroundings.directory,
      input: watches.null, output: setup.output, error: setup.error, cgroup: setup.members,
      account: surroundings.account)
    order.directoryMayBeMissing = surroundings.isHome
    return (order, setup)
  }

  /// Watches a process that runs now, and reports its start.
  func adopt(_ launch: Launch, _ setup: ProcessSetup, _ process: Int) throws {
    let id = launch.id
    let watches = try watches()
    let handle = try setup.take(process)
    let main = try setup.watch(handle.descriptor, as: .main(id))
    let output = ProcessOutput(
      stdout: .init(
        descriptor: setup.stdout, token: try setup.watch(setup.stdout, as: .output(id, .stdout)),
        lines: ProcessLines(of: .stdout)),
      stderr: try setup.stderr.map {
        .init(
          descriptor: $0, token: try setup.watch($0, as: .output(id, .stderr)), lines: ProcessLines(of: .stderr))
      },
      limit: launch.order.logLimit, watches: watches)
    setup.succeed()
    let killMode = launch.command.killMode
    let tree: any ProcessTree =
      if let group = setup.group {
        ProcessGroup(of: id, group: group, killMode: killMode, watches: watches)
      } else {
        ProcessSession(of: id, leader: process, killMode: killMode, pipes: output.inodes, watches: watches)
      }
    let run = ProcessRun(
      id, main: .init(handle: handle, token: main), tree: tree, output: output, events: launch.events)
    run.hasCredentials = !launch.command.credentials.isEmpty
    run.memoryMax = launch.command.limits.memoryMax
    run.hints = user.hints
    var facts = StartFacts(at: time.now, processID: process, processStart: ProcessTable.startTicks(of: process))
    facts.runner = .direct
    facts.monotonic = time.monotonic
    run.startedMonotonic = facts.monotonic
    runs[id] = run
    children[process] = id
    launch.events(.started(facts))
  }
}
