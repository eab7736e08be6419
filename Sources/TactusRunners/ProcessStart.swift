import Glibc
import TactusLinux
import TactusModel
import TactusPorts

extension ProcessRunner {
  /// What could not be started, and what was in its way: to write is not what it was denied.
  func sentence(of failure: Spawner.Failure) -> String {
    if failure.cause.code == ENOEXEC {
      if let fault = ScriptFault.of(failure.cause.subject) { return "\(failure); \(fault.sentence)" }
      return
        "\(failure): it is no program of this machine, or a script whose first line does not say what runs it, such as #!/bin/sh"
    }
    guard failure.cause.code == EACCES else { return failure.description }
    let account: Account? = if case .account(let account) = user.choice { account } else { nil }
    let name = account?.name ?? Account.name(of: geteuid())
    let obstacle =
      failure.obstacle?.sentence(for: name)
      ?? "no mode on the way to it says so: look at access control lists, security modules and, of a script, its interpreter"
    return "\(failure); \(obstacle)" + (account == nil ? "" : "; Runner=systemd can run it as another User=")
  }

  /// Makes everything that a child needs.
  /// - Throws: ``DefinitionFault`` or ``SystemError``; then nothing is left of it.
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

  /// The process runs: watches it, and tells its start.
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
